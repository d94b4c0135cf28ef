/** How Farshore itself is doing: its tables, what they hold, and how old its newest data is. */
import type { OwnOperations, SampleTableSize } from '../../domain/own-health/model.ts';
import { ENDED_STATES } from '../../domain/operation/model.ts';
import type { Queryable } from '../ground/pool.ts';

export interface OwnHealth {
  databaseBytes: number;
  serverVersion: string;
  connections: { used: number; limit: number };
  tables: SampleTableSize[];
  /** The other tables that hold most. */
  others: { table: string; bytes: number }[];
  newestSampleReceivedAt: Date | null;
  newestViewComputedAt: Date | null;
  rolledUpAt: Date | null;
  auditEvents: number;
}

const TABLES = ['sample', 'sample_tier_10', 'sample_tier_60', 'sample_tier_600'] as const;
const OTHERS_MAX = 6;

export async function readOwnHealth(client: Queryable): Promise<OwnHealth> {
  const { rows } = await client.query<Omit<OwnHealth, 'tables' | 'others' | 'connections'> & { used: number; limit: number }>(
    `SELECT pg_database_size(current_database())::float8 AS "databaseBytes", current_setting('server_version') AS "serverVersion",
            (SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database()) AS used,
            current_setting('max_connections')::int AS limit,
            (SELECT max(received_at) FROM node_latest) AS "newestSampleReceivedAt",
            (SELECT max(computed_at) FROM cluster_latest) AS "newestViewComputedAt",
            (SELECT rolled_at FROM tier_progress WHERE id = 1) AS "rolledUpAt",
            (SELECT coalesce(max(sequence), 0)::float8 FROM audit_event) AS "auditEvents"`,
  );
  const { used, limit, ...head } = rows[0]!;
  return { ...head, connections: { used, limit }, tables: await sampleTables(client), others: await otherTables(client) };
}

/** Commands count as waiting while the operation that gave them continues: of one that has ended nobody waits for an answer. */
export async function readOwnOperations(client: Queryable): Promise<OwnOperations> {
  const { rows } = await client.query<Omit<OwnOperations, 'lastEnded' | 'oldestCommandAt'> & { oldestCommandAt: Date | null }>(
    `WITH going AS (SELECT id, state FROM operation WHERE state <> ALL ($1))
     SELECT (SELECT count(*)::int FROM going) AS "underWay",
            (SELECT count(*)::int FROM going WHERE state = 'held') AS held,
            (SELECT count(*)::int FROM going WHERE state = 'awaiting-approval') AS "awaitingApproval",
            count(c.id)::int AS "commandsWaiting", min(c.issued_at) AS "oldestCommandAt"
       FROM agent_command c JOIN going g ON g.id = c.operation_id WHERE c.resolved_at IS NULL`,
    [ENDED_STATES],
  );
  const { rows: ended } = await client.query<Omit<NonNullable<OwnOperations['lastEnded']>, 'endedAt'> & { endedAt: Date }>(
    `SELECT o.id, o.kind, o.state, o.ended_at AS "endedAt", c.name AS cluster
       FROM operation o JOIN cluster c ON c.id = o.cluster_id WHERE o.ended_at IS NOT NULL ORDER BY o.ended_at DESC LIMIT 1`,
  );
  const head = rows[0]!;
  const last = ended[0];
  return {
    ...head,
    oldestCommandAt: head.oldestCommandAt?.toISOString() ?? null,
    lastEnded: last === undefined ? null : { ...last, endedAt: last.endedAt.toISOString() },
  };
}

async function sampleTables(client: Queryable): Promise<SampleTableSize[]> {
  const { rows } = await client.query<SampleTableSize>(
    `SELECT p.relname AS table, count(c.oid)::int AS partitions, coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 AS bytes,
            min(substring(c.relname FROM '[0-9]+$')) AS oldest,
            CASE WHEN bool_or(c.reltuples >= 0) THEN sum(greatest(c.reltuples, 0))::float8 END AS rows
     FROM pg_class p LEFT JOIN pg_inherits i ON i.inhparent = p.oid LEFT JOIN pg_class c ON c.oid = i.inhrelid AND c.relkind = 'r'
     WHERE p.relnamespace = 'public'::regnamespace AND p.relname = ANY ($1) GROUP BY p.relname`,
    [TABLES],
  );
  return TABLES.flatMap((table) => rows.filter((row) => row.table === table)).map((row) => ({ ...row, oldest: startOf(row.oldest) }));
}

/** `2026112100` → `2026-11-21T00:00:00Z`; shorter names begin at the day or the year. */
function startOf(digits: string | null): string | null {
  if (digits === null) return null;
  const part = (from: number, to: number, otherwise: string) => (digits.length >= to ? digits.slice(from, to) : otherwise);
  return `${digits.slice(0, 4)}-${part(4, 6, '01')}-${part(6, 8, '01')}T${part(8, 10, '00')}:00:00Z`;
}

async function otherTables(client: Queryable): Promise<OwnHealth['others']> {
  const { rows } = await client.query<{ table: string; bytes: number }>(
    `SELECT c.relname AS table, pg_total_relation_size(c.oid)::float8 AS bytes FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition AND c.relname NOT LIKE '\\_prisma%'
     ORDER BY 2 DESC LIMIT ${OTHERS_MAX}`,
  );
  return rows;
}
