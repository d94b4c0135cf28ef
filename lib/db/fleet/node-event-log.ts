/** Writes, reads and prunes the log of what nodes became (lib/domain/topology/node-changes.ts). */
import type { NodeEventKind } from '../../domain/topology/node-changes.ts';
import { jsonText } from '../ground/json-batch.ts';
import type { Queryable } from '../ground/pool.ts';

export interface NodeEventRecord {
  nodeId: number;
  at: string;
  kind: NodeEventKind;
  detail: Record<string, unknown>;
}

/** Events of nodes that were removed meanwhile are passed over. */
export async function recordNodeEvents(client: Queryable, events: readonly NodeEventRecord[]): Promise<void> {
  if (events.length === 0) return;
  await client.query(
    `INSERT INTO node_event (node_id, at, kind, detail)
     SELECT r.node_id, r.at, r.kind, r.detail::jsonb
     FROM unnest($1::int4[], $2::timestamptz[], $3::text[], $4::text[]) AS r(node_id, at, kind, detail) JOIN node n ON n.id = r.node_id`,
    [
      events.map(({ nodeId }) => nodeId),
      events.map(({ at }) => at),
      events.map(({ kind }) => kind),
      events.map(({ detail }) => jsonText(detail)),
    ],
  );
}

export interface LastNodeEvent {
  clusterId: number;
  nodeName: string;
  kind: NodeEventKind;
  to: string;
}

/** The last recorded value of each kind for every node that is not retired: what a new leader continues from. */
export async function loadLastNodeEvents(client: Queryable): Promise<LastNodeEvent[]> {
  const { rows } = await client.query<LastNodeEvent>(
    `SELECT n.cluster_id AS "clusterId", n.name AS "nodeName", k.kind, last.to
     FROM node n CROSS JOIN unnest(ARRAY['role', 'timeline', 'state']) AS k(kind)
     CROSS JOIN LATERAL (SELECT e.detail ->> 'to' AS "to" FROM node_event e WHERE e.node_id = n.id AND e.kind = k.kind
                         ORDER BY e.at DESC, e.id DESC LIMIT 1) AS last
     WHERE n.retired_at IS NULL AND last.to IS NOT NULL`,
  );
  return rows;
}

/** A run deletes this many at most, so that no transaction grows long; the next run continues. */
const PRUNED_PER_RUN_MAX = 10_000;

/** Deletes events from before `before`. They are few (a bounded number an hour), so that partitions would cost more than they save. */
export async function pruneNodeEvents(client: Queryable, before: Date): Promise<number> {
  const { rowCount } = await client.query(
    `DELETE FROM node_event WHERE id IN (SELECT id FROM node_event WHERE at < $1 ORDER BY at LIMIT ${PRUNED_PER_RUN_MAX})`,
    [before],
  );
  return rowCount ?? 0;
}

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
