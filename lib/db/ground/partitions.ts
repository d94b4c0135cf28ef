/**
 * Partitions of the sample tables and of the agents' journals: made ahead, and made for the past when a back-fill needs them; dropped whole by age
 * (`retention.ts`). There is no default partition: rows in it would block making the right one, and dropping without a lock.
 */
import type { Queryable } from './pool.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** The epoch was a Thursday; weeks begin on Monday. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

/** Held while partitions are made or dropped, so that two controllers don't make the same one. */
export const PARTITION_LOCK_ID = 72707371;
/** How many partitions stand ready after the present one. Of the journals a year: a controller of an older release makes none. */
const PARTITIONS_AHEAD = 3;
const JOURNAL_PARTITIONS_AHEAD = 12;
/** A batch that asks for more partitions than this is hostile or broken: a day of hours. */
const PARTITIONS_PER_CALL_MAX = 48;

/** Most raw rows are those of standbys, which get their lag a few seconds later (`lag-fill.ts`): room for that on the page. */
const RAW_FILL_PERCENT = 55;
/** A bucket is written again while it is open: room for updates in place. */
const TIER_FILL_PERCENT = 80;
/** Nothing is updated. */
const JOURNAL_FILL_PERCENT = 100;

export type SampleTable = 'sample' | 'sample_tier_10' | 'sample_tier_60' | 'sample_tier_600';
export const SAMPLE_TABLES: readonly SampleTable[] = ['sample', 'sample_tier_10', 'sample_tier_60', 'sample_tier_600'];
export type PartitionedTable = SampleTable | 'agent_journal';
export const PARTITIONED_TABLES: readonly PartitionedTable[] = [...SAMPLE_TABLES, 'agent_journal'];

/** A partition: rows with `fromMs <= time < toMs` (UTC). */
export interface Partition {
  table: PartitionedTable;
  name: string;
  fromMs: number;
  toMs: number;
}

const digits = (ms: number, length: number): string => new Date(ms).toISOString().replace(/\D/g, '').slice(0, length);

/** The partition that holds `timeMs`: raw by the hour, 10 s by the day, 1 min by the week, 10 min by the year, journals by the month. */
export function partitionFor(table: PartitionedTable, timeMs: number): Partition {
  const span = (fromMs: number, toMs: number, nameDigits: number): Partition => ({
    table,
    name: `${table}_${digits(fromMs, nameDigits)}`,
    fromMs,
    toMs,
  });
  switch (table) {
    case 'sample': {
      const fromMs = Math.floor(timeMs / HOUR_MS) * HOUR_MS;
      return span(fromMs, fromMs + HOUR_MS, 10);
    }
    case 'sample_tier_10': {
      const fromMs = Math.floor(timeMs / DAY_MS) * DAY_MS;
      return span(fromMs, fromMs + DAY_MS, 8);
    }
    case 'sample_tier_60': {
      const fromMs = Math.floor((timeMs - FIRST_MONDAY_MS) / WEEK_MS) * WEEK_MS + FIRST_MONDAY_MS;
      return span(fromMs, fromMs + WEEK_MS, 8);
    }
    case 'sample_tier_600': {
      const year = new Date(timeMs).getUTCFullYear();
      return span(Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1), 4);
    }
    case 'agent_journal': {
      const at = new Date(timeMs);
      const month = (after: number): number => Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + after, 1);
      return span(month(0), month(1), 6);
    }
  }
}

/** The partitions, without repetition, that rows at these times need. */
export function partitionsFor(table: PartitionedTable, timesMs: Iterable<number>): Partition[] {
  const byName = new Map<string, Partition>();
  let last: Partition | null = null;
  for (const timeMs of timesMs) {
    if (last !== null && timeMs >= last.fromMs && timeMs < last.toMs) continue;
    last = partitionFor(table, timeMs);
    byName.set(last.name, last);
  }
  return [...byName.values()];
}

/** Which of these are not there and attached. The first month of the journals (its migration) holds all months before it too. */
async function missingPartitions(client: Queryable, wanted: readonly Partition[]): Promise<Partition[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT w.name FROM unnest($1::text[]) AS w(name)
     WHERE NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = to_regclass('public.' || w.name) AND NOT i.inhdetachpending)
       AND NOT EXISTS (SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE w.name LIKE 'agent\\_journal\\_%' AND i.inhparent = 'public.agent_journal'::regclass AND c.relname > w.name
           AND pg_get_expr(c.relpartbound, c.oid) LIKE 'FOR VALUES FROM (MINVALUE)%')`,
    [wanted.map(({ name }) => name)],
  );
  const missing = new Set(rows.map(({ name }) => name));
  return wanted.filter(({ name }) => missing.has(name));
}

/** Made apart and then attached: `CREATE … PARTITION OF` would lock out every reader and writer of the parent. */
async function makePartition(client: Queryable, { table, name, fromMs, toMs }: Partition): Promise<void> {
  const bounds = `FROM ('${new Date(fromMs).toISOString()}') TO ('${new Date(toMs).toISOString()}')`;
  await client.query(`DROP TABLE IF EXISTS public.${name}`);
  await client.query(`CREATE TABLE public.${name} (LIKE public.${table} INCLUDING ALL) WITH (fillfactor = ${fillPercent(table)})`);
  await client.query(`ALTER TABLE public.${table} ATTACH PARTITION public.${name} FOR VALUES ${bounds}`);
  // The parent's trigger does not hold for who writes to a partition by its name.
  if (table === 'agent_journal')
    await client.query(`CREATE TRIGGER agent_journal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.${name}
      FOR EACH STATEMENT EXECUTE FUNCTION record_is_append_only()`);
}

function fillPercent(table: PartitionedTable): number {
  if (table === 'agent_journal') return JOURNAL_FILL_PERCENT;
  return table === 'sample' ? RAW_FILL_PERCENT : TIER_FILL_PERCENT;
}

/**
 * Cheap when none is missing: one look at the catalogue. Runs in the caller's transaction when there is one. @returns names of what was
 * made.
 */
export async function ensurePartitions(client: Queryable, table: PartitionedTable, timesMs: Iterable<number>): Promise<string[]> {
  const wanted = partitionsFor(table, timesMs);
  if (wanted.length === 0) return [];
  if (wanted.length > PARTITIONS_PER_CALL_MAX) {
    throw new RangeError(`Rows over ${wanted.length} partitions of ${table} at once: at most ${PARTITIONS_PER_CALL_MAX} are made.`);
  }
  if ((await missingPartitions(client, wanted)).length === 0) return [];
  await client.query('SELECT pg_advisory_xact_lock($1)', [PARTITION_LOCK_ID]);
  // Looked at again under the lock: somebody else may have made them meanwhile.
  const missing = await missingPartitions(client, wanted);
  for (const partition of missing) await makePartition(client, partition);
  return missing.map(({ name }) => name);
}

/** Makes the present partition of every table and the next ones. Call it at start and every few minutes, in a transaction. */
export async function makePartitionsAhead(client: Queryable, nowMs: number): Promise<string[]> {
  const made: string[] = [];
  for (const table of PARTITIONED_TABLES) {
    const times = [nowMs];
    const wanted = table === 'agent_journal' ? JOURNAL_PARTITIONS_AHEAD : PARTITIONS_AHEAD;
    for (let ahead = 0; ahead < wanted; ahead++) times.push(partitionFor(table, times.at(-1) ?? nowMs).toMs);
    made.push(...(await ensurePartitions(client, table, times)));
  }
  return made;
}
