/** Queries a server's present role: roles move, and the fleet's first picture says only how it began. */
import { POSTGRES_PORT } from './addresses.ts';
import type { NodeSpec } from './fleet.ts';
import { clusterOf } from './lab-state.ts';
import type { LabState } from './lab-state.ts';
import type { RunningNode } from './lab-node.ts';
import type { PostgresServer } from './postgres-server.ts';
import { within } from './waiting.ts';

export interface ServerRole {
  role: 'primary' | 'standby';
  timeline: number | null;
  /** `primary_conninfo` of a standby; `null` = empty. */
  conninfo: string | null;
}

const ANSWER_DEADLINE_MS = 1_500;
const SQL = `
  SELECT pg_is_in_recovery() AS standby, nullif(current_setting('primary_conninfo'), '') AS conninfo,
         CASE WHEN pg_is_in_recovery() THEN (SELECT coalesce(received_tli, timeline_id) FROM pg_control_checkpoint() LEFT JOIN pg_stat_wal_receiver ON true)
              ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END AS timeline`;

/** `null`: it does not run, is frozen or does not answer in time. */
export async function serverRole(server: PostgresServer): Promise<ServerRole | null> {
  if (server.state() !== 'running') return null;
  const asked = server.withConnection(async (client) => {
    const { rows } = await client.query<{ standby: boolean; conninfo: string | null; timeline: number | null }>(SQL);
    const row = rows[0];
    return row === undefined
      ? null
      : { role: row.standby ? ('standby' as const) : ('primary' as const), timeline: row.timeline, conninfo: row.conninfo };
  });
  return within(`${server.name} to answer`, ANSWER_DEADLINE_MS, asked).catch(() => null);
}

/** The node that is writable now; the one on the newest timeline when there are two. */
export async function primaryNow(nodes: readonly RunningNode[]): Promise<RunningNode | null> {
  const roles = await Promise.all(nodes.map(async (node) => ({ node, is: await serverRole(node.server) })));
  const primaries = roles.filter(({ is }) => is?.role === 'primary').sort((a, b) => (b.is?.timeline ?? 0) - (a.is?.timeline ?? 0));
  return primaries[0]?.node ?? null;
}

/** The name of the node that a connection string leads to; its host is the node's name in the lab's domain. */
export function upstreamOf(state: LabState, node: RunningNode, conninfo: string | null): string | null {
  const peers: NodeSpec[] = [...clusterOf(state, node).nodes.values()].map(({ spec }) => spec);
  const host = /\bhost='?([^\s']+)/.exec(conninfo ?? '')?.[1];
  const port = /\bport='?(\d+)/.exec(conninfo ?? '')?.[1] ?? String(POSTGRES_PORT);
  return peers.find(({ name }) => port === String(POSTGRES_PORT) && host?.split('.')[0] === name)?.name ?? null;
}
