/** Drops partitions of samples and of the agents' journals by age, whole. Nothing is deleted row by row. */
import type pg from 'pg';
import { SAMPLE_TABLES, partitionFor } from './partitions.ts';
import type { Partition, PartitionedTable, SampleTable } from './partitions.ts';
import { messageOf } from '../../runtime/error-message.ts';

/** How long each table's rows are kept, in milliseconds. */
export interface Retention {
  rawMs: number;
  tier10Ms: number;
  tier60Ms: number;
  tier600Ms: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const DEFAULT_RETENTION: Retention = { rawMs: 6 * HOUR_MS, tier10Ms: 7 * DAY_MS, tier60Ms: 90 * DAY_MS, tier600Ms: 730 * DAY_MS };
/** An agent keeps its own for a year after it was received here. */
export const JOURNALS_KEPT_MS = 730 * DAY_MS;

/** Two controllers must not drop at once; makers of partitions are not held up. */
const RETENTION_LOCK_ID = 72707373;
/** A reader that holds a partition for longer keeps it until the next run. */
const LOCK_TIMEOUT_MS = 5_000;
const PARTITIONS_MAX = 10_000;

const KEPT_MS: Record<SampleTable, keyof Retention> = {
  sample: 'rawMs',
  sample_tier_10: 'tier10Ms',
  sample_tier_60: 'tier60Ms',
  sample_tier_600: 'tier600Ms',
};

/** The start that a partition's name tells: `2026112023` → 23:00 of that day, UTC. */
function startFromDigits(digits: string): number {
  const part = (from: number, to: number, otherwise: number): number => (digits.length >= to ? Number(digits.slice(from, to)) : otherwise);
  return Date.UTC(part(0, 4, 1970), part(4, 6, 1) - 1, part(6, 8, 1), part(8, 10, 0));
}

/** The partition of that name; `null` when the name is not one of ours. */
export function partitionFromName(name: string): Partition | null {
  const match = /^(sample|sample_tier_10|sample_tier_60|sample_tier_600|agent_journal)_(\d{4}|\d{6}|\d{8}|\d{10})$/.exec(name);
  if (match === null) return null;
  const [, table, digits] = match as unknown as [string, PartitionedTable, string];
  const partition = partitionFor(table, startFromDigits(digits));
  return partition.name === name ? partition : null;
}

const keptMs = (table: PartitionedTable, retention: Retention): number =>
  table === 'agent_journal' ? JOURNALS_KEPT_MS : retention[KEPT_MS[table]];

interface PartitionRow {
  name: string;
  /** `null`: a table that an earlier run detached and did not come to drop. */
  pending: boolean | null;
}

async function listPartitions(client: pg.ClientBase): Promise<PartitionRow[]> {
  const { rows } = await client.query<PartitionRow>(
    `SELECT c.relname AS name, i.inhdetachpending AS pending FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname ~ '^(sample|sample_tier_(10|60|600)|agent_journal)_[0-9]{4,10}$'
     ORDER BY c.relname LIMIT ${PARTITIONS_MAX}`,
  );
  return rows;
}

/** Keeps the number and hash of each node's last entry: a node that was silent for long continues from it, also when it is pruned. */
async function keepJournalHeads(client: pg.ClientBase, name: string): Promise<void> {
  await client.query(
    `INSERT INTO agent_journal_pruned AS kept (node_id, sequence, hash)
     SELECT DISTINCT ON (node_id) node_id, sequence, hash FROM public.${name} ORDER BY node_id, sequence DESC
     ON CONFLICT (node_id) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash, pruned_at = excluded.pruned_at
       WHERE excluded.sequence > kept.sequence`,
  );
}

/** Detached first without locking the parent against readers and writers, which a plain DROP would do. */
async function dropPartition(client: pg.ClientBase, { table, name }: Partition, pending: boolean | null): Promise<void> {
  if (table === 'agent_journal') await keepJournalHeads(client, name);
  if (pending === false) await client.query(`ALTER TABLE public.${table} DETACH PARTITION public.${name} CONCURRENTLY`);
  if (pending === true) await client.query(`ALTER TABLE public.${table} DETACH PARTITION public.${name} FINALIZE`);
  await client.query(`DROP TABLE IF EXISTS public.${name}`);
}

export interface RetentionResult {
  dropped: string[];
  /** Partitions that somebody holds, with what PostgreSQL said; the next run tries them again. */
  held: { name: string; reason: string }[];
}

/**
 * Drops every partition whose newest possible row is older than its table's retention. Call it every few minutes, outside of a
 * transaction; does nothing while another controller does it.
 */
export async function dropExpired(pool: pg.Pool, nowMs: number, retention: Retention = DEFAULT_RETENTION): Promise<RetentionResult> {
  const result: RetentionResult = { dropped: [], held: [] };
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [RETENTION_LOCK_ID]);
    if (rows[0]?.mine !== true) return result;
    await client.query(`SET lock_timeout = ${LOCK_TIMEOUT_MS}`);
    for (const { name, pending } of await listPartitions(client)) {
      const partition = partitionFromName(name);
      if (partition === null || partition.toMs > nowMs - keptMs(partition.table, retention)) continue;
      try {
        await dropPartition(client, partition, pending);
        result.dropped.push(name);
      } catch (error) {
        result.held.push({ name, reason: messageOf(error) });
      }
    }
    return result;
  } finally {
    // The setting ends with the session, and the lock too, but some time later.
    await client.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    client.release(true);
  }
}

/** Tables that are kept, oldest partition first: for support and tests. */
export async function listSamplePartitions(pool: pg.Pool): Promise<Partition[]> {
  const client = await pool.connect();
  try {
    const partitions = (await listPartitions(client)).flatMap(({ name }) => partitionFromName(name) ?? []);
    return SAMPLE_TABLES.flatMap((table) => partitions.filter((partition) => partition.table === table));
  } finally {
    client.release();
  }
}
