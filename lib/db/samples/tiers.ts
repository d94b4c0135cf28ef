/**
 * Rolls raw samples up into buckets of 10 s, 1 min and 10 min, incrementally. What is new is told by the number of the storing
 * transaction, never by a clock: a back-fill of an hour ago, a late batch and the newest second are all found alike, exactly once.
 * A bucket that got anything is computed again as a whole from the tier below, so that a run may be repeated. A maximum stays a
 * maximum in every tier.
 */
import { fillLag } from './lag-fill.ts';
import type { NodeBucket } from './lag-fill.ts';
import { ensurePartitions } from '../ground/partitions.ts';
import type { Queryable } from '../ground/pool.ts';

/** One run takes the samples of at most this many transactions, so that it stays short after an outage. */
const XACTS_PER_RUN_MAX = 500n;
/** Samples rest this long before they are rolled up: those of the other nodes of the same second have then arrived. */
const SETTLE_MS = 2_000;

type Source = 'raw' | 'tier';

/** How a column of a tier comes from raw samples (`s`, newest first) and from the tier below (`s`, newest first). */
interface TierColumn {
  column: string;
  raw: string;
  tier: string;
}

/** Newest known value. */
const last = (column: string, raw: string): TierColumn => ({
  column,
  // The rows arrive newest first (see `rollUpStatement`); an ORDER BY in each aggregate would sort them once more for each column.
  raw: `(array_agg(s.${raw}) FILTER (WHERE s.${raw} IS NOT NULL))[1]`,
  tier: `(array_agg(s.${column}) FILTER (WHERE s.${column} IS NOT NULL))[1]`,
});
const least = (column: string, raw: string): TierColumn => ({ column, raw: `min(s.${raw})`, tier: `min(s.${column})` });
const most = (column: string, raw: string): TierColumn => ({ column, raw: `max(s.${raw})`, tier: `max(s.${column})` });

const TIER_COLUMNS: readonly TierColumn[] = [
  { column: 'samples', raw: 'count(*)::int4', tier: 'sum(s.samples)::int4' },
  last('timeline_last', 'timeline'),
  last('flush_lsn_last', 'flush_lsn'),
  last('replay_lsn_last', 'replay_lsn'),
  least('transport_lag_bytes_min', 'transport_lag_bytes'),
  most('transport_lag_bytes_max', 'transport_lag_bytes'),
  least('apply_lag_bytes_min', 'apply_lag_bytes'),
  most('apply_lag_bytes_max', 'apply_lag_bytes'),
  least('lag_ms_min', 'lag_ms'),
  most('lag_ms_max', 'lag_ms'),
  last('lag_ms_last', 'lag_ms'),
  most('commit_ms_max', 'commit_ms'),
  {
    column: 'wal_bytes_per_second_avg',
    raw: 'avg(s.wal_bytes_per_second)::int8',
    tier: `(sum(s.wal_bytes_per_second_avg * s.samples) / nullif(sum(s.samples) FILTER (WHERE s.wal_bytes_per_second_avg IS NOT NULL), 0))::int8`,
  },
  most('wal_bytes_per_second_max', 'wal_bytes_per_second'),
  most('slot_retained_bytes_max', 'slot_retained_bytes'),
  least('data_free_bytes_min', 'data_free_bytes'),
  least('wal_free_bytes_min', 'wal_free_bytes'),
  most('archive_ready_count_max', 'archive_ready_count'),
  most('connections_used_max', 'connections_used'),
];

const TIERS = [
  { tier: 10, table: 'sample_tier_10', source: 'raw' },
  { tier: 60, table: 'sample_tier_60', source: 'tier', below: 10 },
  { tier: 600, table: 'sample_tier_600', source: 'tier', below: 60 },
] as const satisfies readonly { tier: number; table: string; source: Source; below?: number }[];

function rollUpStatement(level: (typeof TIERS)[number]): string {
  const columns = TIER_COLUMNS.map(({ column }) => column);
  const aggregates = TIER_COLUMNS.map((one) => `${one[level.source]} AS ${one.column}`).join(', ');
  const width = `interval '${level.tier} seconds'`;
  const from =
    level.source === 'raw'
      ? `sample s WHERE s.node_id = b.node_id AND s.observed_at >= b.bucket_at AND s.observed_at < b.bucket_at + ${width} ORDER BY s.observed_at DESC`
      : `sample_tier s WHERE s.tier = ${level.below} AND s.node_id = b.node_id AND s.bucket_at >= b.bucket_at AND s.bucket_at < b.bucket_at + ${width} ORDER BY s.bucket_at DESC`;
  return `INSERT INTO sample_tier (tier, node_id, bucket_at, ${columns.join(', ')})
    SELECT ${level.tier}, b.node_id, b.bucket_at, ${columns.map((column) => `a.${column}`).join(', ')}
    FROM (SELECT u.node_id, to_timestamp(u.bucket_at_ms / 1000.0) AS bucket_at FROM unnest($1::int4[], $2::float8[]) AS u(node_id, bucket_at_ms)) b
    CROSS JOIN LATERAL (SELECT ${aggregates} FROM (SELECT * FROM ${from}) s) a
    WHERE a.samples > 0
    ON CONFLICT (tier, node_id, bucket_at) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`;
}

/** The distinct buckets of `widthMs` that hold these, by node and then time. */
function bucketsOf(buckets: readonly NodeBucket[], widthMs: number): NodeBucket[] {
  const distinct = new Map<string, NodeBucket>();
  for (const { nodeId, bucketAtMs } of buckets) {
    const start = Math.floor(bucketAtMs / widthMs) * widthMs;
    distinct.set(`${nodeId} ${start}`, { nodeId, bucketAtMs: start });
  }
  return [...distinct.values()].sort((a, b) => a.nodeId - b.nodeId || a.bucketAtMs - b.bucketAtMs);
}

async function rollUpBuckets(client: Queryable, dirty: readonly NodeBucket[]): Promise<void> {
  for (const level of TIERS) {
    const buckets = bucketsOf(dirty, level.tier * 1000);
    await ensurePartitions(
      client,
      level.table,
      buckets.map(({ bucketAtMs }) => bucketAtMs),
    );
    await client.query({
      name: `roll-up-${level.tier}`,
      text: rollUpStatement(level),
      values: [buckets.map(({ nodeId }) => nodeId), buckets.map(({ bucketAtMs }) => bucketAtMs)],
    });
  }
}

interface XactRange {
  from: bigint;
  to: bigint;
}

/** The transactions to take now: all of them ended, none of them taken before. `null`: there is nothing. */
async function nextRange(client: Queryable, nowMs: number): Promise<(XactRange & { caughtUp: boolean }) | null> {
  const { rows } = await client.query<{ rolled: string; ended: string }>(
    `SELECT rolled_xact::text AS rolled, pg_snapshot_xmin(pg_current_snapshot())::text AS ended FROM tier_progress WHERE id = 1 FOR UPDATE`,
  );
  const row = rows[0];
  if (row === undefined)
    throw new Error('The table tier_progress has lost its row. Insert it: INSERT INTO tier_progress VALUES (1, 0, now());');
  const ended = BigInt(row.ended);
  // A control database that was moved by dump and restore counts its transactions from the beginning again: everything is rolled up again.
  const from = BigInt(row.rolled) <= ended ? BigInt(row.rolled) : 0n;
  const found = await client.query<{ first: string | null; unsettled: string | null }>(
    `SELECT min(stored_xact)::text AS first, (min(stored_xact) FILTER (WHERE received_at > to_timestamp($3::float8 / 1000)))::text AS unsettled
     FROM sample WHERE stored_xact >= $1 AND stored_xact < $2`,
    [from.toString(), ended.toString(), nowMs - SETTLE_MS],
  );
  const { first, unsettled } = found.rows[0] ?? { first: null, unsettled: null };
  if (first === null) return null;
  const settled = unsettled === null ? ended : BigInt(unsettled);
  const most = BigInt(first) + XACTS_PER_RUN_MAX;
  const to = settled < most ? settled : most;
  return to <= BigInt(first) ? null : { from, to, caughtUp: to === settled };
}

export interface RollUpResult {
  /** How many 10 s buckets were computed. */
  buckets: number;
  /** `false`: more is waiting, call again. */
  caughtUp: boolean;
}

/**
 * Rolls up what was stored since the last run, with the lag filled in before. Run it every few seconds in a transaction of its own at
 * READ COMMITTED; two at once wait for each other.
 */
export async function rollUp(client: Queryable, nowMs: number): Promise<RollUpResult> {
  // Every step looks up a few rows by key. A plan that reads whole partitions instead, or remembers them by node (memoize), because the
  // statistics of a partition made a minute ago say nothing, would be slower by orders of magnitude.
  await client.query(
    'SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_memoize = off; SET LOCAL jit = off',
  );
  const range = await nextRange(client, nowMs);
  if (range === null) return { buckets: 0, caughtUp: true };
  const filled = await fillLag(client, range.from, range.to);
  const { rows } = await client.query<{ node_id: number; bucket_at_ms: number }>({
    name: 'dirty-buckets',
    text: `SELECT DISTINCT node_id, (extract(epoch FROM date_bin('10 seconds', observed_at, timestamptz 'epoch')) * 1000)::float8 AS bucket_at_ms
      FROM sample WHERE stored_xact >= $1 AND stored_xact < $2`,
    values: [range.from.toString(), range.to.toString()],
  });
  const dirty = [...filled, ...rows.map((row) => ({ nodeId: row.node_id, bucketAtMs: row.bucket_at_ms }))];
  await rollUpBuckets(client, dirty);
  await client.query('UPDATE tier_progress SET rolled_xact = $1, rolled_at = to_timestamp($2::float8 / 1000) WHERE id = 1', [
    range.to.toString(),
    nowMs,
  ]);
  return { buckets: bucketsOf(dirty, 10_000).length, caughtUp: range.caughtUp };
}
