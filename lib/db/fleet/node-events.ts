/** The log of what a node became: role, timeline, state. Written by the controller when a change has held. */
import type { Queryable } from '../ground/pool.ts';

export type NodeEventKind = 'role' | 'timeline' | 'state';

export interface NodeEvent {
  id: number;
  at: string;
  kind: NodeEventKind;
  /** `from` and `to`, and particulars; written by the controller, read leniently. */
  detail: Record<string, unknown>;
}

/** The newest events of a node, newest first. */
export async function loadNodeEvents(client: Queryable, nodeId: number, most: number): Promise<NodeEvent[]> {
  const { rows } = await client.query<{ id: number; at: Date; kind: NodeEventKind; detail: Record<string, unknown> }>(
    'SELECT id, at, kind, detail FROM node_event WHERE node_id = $1 ORDER BY at DESC, id DESC LIMIT $2',
    [nodeId, most],
  );
  return rows.map(({ at, ...event }) => ({ ...event, at: at.toISOString() }));
}
