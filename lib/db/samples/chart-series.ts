/** Figures of one node over time, for charts: from the coarsest tier that is still fine enough for their pixels, in one pass. */
import type { Series, SeriesMetric, SeriesValues } from '../../domain/charts/series.ts';
import type { Queryable } from '../ground/pool.ts';

interface MetricColumns {
  raw: string;
  /** Columns of `sample_tier`; a figure whose minimum or last value is not kept there has `null`. */
  min: string | null;
  max: string | null;
  last: string | null;
}

const METRICS: Record<SeriesMetric, MetricColumns> = {
  transportLagBytes: { raw: 'transport_lag_bytes', min: 'transport_lag_bytes_min', max: 'transport_lag_bytes_max', last: null },
  applyLagBytes: { raw: 'apply_lag_bytes', min: 'apply_lag_bytes_min', max: 'apply_lag_bytes_max', last: null },
  lagMs: { raw: 'lag_ms', min: 'lag_ms_min', max: 'lag_ms_max', last: 'lag_ms_last' },
  commitMs: { raw: 'commit_ms', min: null, max: 'commit_ms_max', last: null },
  walBytesPerSecond: { raw: 'wal_bytes_per_second', min: null, max: 'wal_bytes_per_second_max', last: null },
  slotRetainedBytes: { raw: 'slot_retained_bytes', min: null, max: 'slot_retained_bytes_max', last: null },
  dataFreeBytes: { raw: 'data_free_bytes', min: 'data_free_bytes_min', max: null, last: null },
  walFreeBytes: { raw: 'wal_free_bytes', min: 'wal_free_bytes_min', max: null, last: null },
  archiveReadyCount: { raw: 'archive_ready_count', min: null, max: 'archive_ready_count_max', last: null },
  connectionsUsed: { raw: 'connections_used', min: null, max: 'connections_used_max', last: null },
};

/** `stepMs` is the finest bucket that each source can fill: raw samples come once a second, at any moment of it. */
const SOURCES = [
  { stepMs: 2_000, tier: null },
  { stepMs: 10_000, tier: 10 },
  { stepMs: 60_000, tier: 60 },
  { stepMs: 600_000, tier: 600 },
] as const;
type SeriesSource = (typeof SOURCES)[number];
const COARSEST_STEP_MS = 600_000;
export const POINTS_MAX = 4_000;
/** A node that misses its ticks for no longer than this was not silent (as in `lib/domain/topology/sighting.ts`). */
const SILENCE_MS = 5_000;

export interface SeriesRequest {
  nodeId: number;
  metrics: readonly SeriesMetric[];
  fromMs: number;
  toMs: number;
  /** How many buckets the chart can show. */
  pointsMax: number;
}

/** `bucket`, then three values for each metric in the order asked. */
type BucketRow = [bucket: number, ...values: (number | null)[]];

function aggregates(metric: MetricColumns, source: SeriesSource): string {
  const aggregate = (kind: 'min' | 'max', column: string | null): string =>
    column === null ? 'NULL::float8' : `${kind}(${column})::float8`;
  const newest = (column: string | null): string =>
    column === null ? 'NULL::float8' : `((array_agg(${column}) FILTER (WHERE ${column} IS NOT NULL))[1])::float8`;
  const { min, max, last } = source.tier === null ? { min: metric.raw, max: metric.raw, last: metric.raw } : metric;
  return [aggregate('min', min), aggregate('max', max), newest(last)].join(', ');
}

function statement(metrics: readonly SeriesMetric[], source: SeriesSource): string {
  const time = source.tier === null ? 'observed_at' : 'bucket_at';
  // The rows arrive newest first; an ORDER BY in each aggregate would sort them once more for each metric.
  return `SELECT floor((extract(epoch FROM s.${time})::float8 * 1000 - $2::float8) / $4::float8)::int4,
      ${metrics.map((metric) => aggregates(METRICS[metric], source)).join(', ')}
    FROM (SELECT * FROM ${source.tier === null ? 'sample' : 'sample_tier'}
      WHERE node_id = $1 AND ${time} >= to_timestamp($2::float8 / 1000) AND ${time} < to_timestamp($3::float8 / 1000)
        ${source.tier === null ? '' : `AND tier = ${source.tier}`} ORDER BY ${time} DESC) s
    GROUP BY 1 ORDER BY 1`;
}

const sinceOf = (table: string, time: string): string => `(extract(epoch FROM (SELECT min(${time}) FROM ${table})) * 1000)::float8`;
/** When each source begins for a node: one look into the index of each partition. */
const DATA_SINCE = `SELECT ${SOURCES.map(({ tier }) =>
  tier === null
    ? sinceOf('sample WHERE node_id = $1', 'observed_at')
    : sinceOf(`sample_tier WHERE tier = ${tier} AND node_id = $1`, 'bucket_at'),
).join(', ')}`;

/** Where each source begins, in the order of `SOURCES`; `null` = it has nothing of this node. */
async function readSince(client: Queryable, nodeId: number): Promise<(number | null)[]> {
  const { rows } = await client.query<(number | null)[]>({ text: DATA_SINCE, values: [nodeId], rowMode: 'array' });
  return rows[0] ?? SOURCES.map(() => null);
}

/** The oldest sample: told by the finest source that goes back as far as any, because a coarse bucket begins before what is in it. */
function dataSince(since: readonly (number | null)[]): number | null {
  const oldestMs = Math.min(...since.map((atMs) => atMs ?? Number.POSITIVE_INFINITY));
  return since.find((atMs) => atMs !== null && atMs <= oldestMs + COARSEST_STEP_MS) ?? null;
}

/** The finest source that is not finer than wanted and reaches as far back as any does, within the period. */
function chooseSource(since: readonly (number | null)[], fromMs: number, wantedMs: number): SeriesSource {
  const first = Math.max(
    0,
    SOURCES.findLastIndex(({ stepMs }) => stepMs <= wantedMs),
  );
  const fineEnough = SOURCES.map((source, index) => ({ source, since: since[index] ?? Number.POSITIVE_INFINITY })).slice(first);
  const oldestMs = Math.min(...fineEnough.map((candidate) => candidate.since));
  // A bucket begins up to its own length before the first sample in it: that is not reaching further back.
  return (fineEnough.find((candidate) => candidate.since <= Math.max(fromMs, oldestMs + COARSEST_STEP_MS)) ?? fineEnough[0]!).source;
}

/**
 * At most `pointsMax` + 1 buckets of equal length at whole multiples of it. Where the fitting tier does not reach back, the next coarser
 * one is read. @throws RangeError on a senseless period or number of points.
 */
export async function readSeries(client: Queryable, request: SeriesRequest): Promise<Series> {
  const { nodeId, metrics, fromMs, toMs, pointsMax } = request;
  if (!(toMs > fromMs)) throw new RangeError('The end of a series lies after its beginning.');
  if (!Number.isInteger(pointsMax) || pointsMax < 1 || pointsMax > POINTS_MAX)
    throw new RangeError(`A series has 1 to ${POINTS_MAX} points.`);
  if (metrics.length === 0) throw new RangeError('A series has at least one metric.');
  const wantedMs = (toMs - fromMs) / pointsMax;
  const since = await readSince(client, nodeId);
  const source = chooseSource(since, fromMs, wantedMs);
  // A whole number of the source's own steps, so that no bucket is empty only because of the cut.
  const bucketMs = Math.ceil(wantedMs / source.stepMs) * source.stepMs;
  const startMs = Math.floor(fromMs / bucketMs) * bucketMs;
  const { rows } = await client.query<BucketRow>({
    text: statement(metrics, source),
    values: [nodeId, startMs, toMs, bucketMs],
    rowMode: 'array',
  });
  return {
    ...{ fromMs, toMs, bucketMs, tier: source.tier },
    ...columnsOf(withGaps(rows, Math.ceil((toMs - startMs) / bucketMs), bucketMs), metrics, startMs, bucketMs),
    dataSinceMs: dataSince(since),
  };
}

/** Every bucket of the period, but for a raw bucket between two others that only fell between two ticks. */
function withGaps(rows: readonly BucketRow[], count: number, bucketMs: number): BucketRow[] {
  const byBucket = new Map(rows.map((row) => [row[0], row]));
  const reach = Math.floor(SILENCE_MS / bucketMs);
  const isNear = (bucket: number, direction: -1 | 1) =>
    Array.from({ length: reach }, (_, index) => bucket + direction * (index + 1)).find((near) => byBucket.has(near)) ?? null;
  return Array.from({ length: count }, (_, bucket): BucketRow | null => {
    const row = byBucket.get(bucket);
    if (row !== undefined) return row;
    const [before, after] = [isNear(bucket, -1), isNear(bucket, 1)];
    const betweenTicks = before !== null && after !== null && (after - before) * bucketMs <= SILENCE_MS + bucketMs;
    return betweenTicks ? null : [bucket];
  }).filter((row) => row !== null);
}

function columnsOf(rows: readonly BucketRow[], metrics: readonly SeriesMetric[], startMs: number, bucketMs: number) {
  const column = (index: number) => rows.map((row) => row[index] ?? null);
  const values: Partial<Record<SeriesMetric, SeriesValues>> = {};
  for (const [index, metric] of metrics.entries()) {
    values[metric] = { min: column(3 * index + 1), max: column(3 * index + 2), last: column(3 * index + 3) };
  }
  return { atMs: rows.map(([bucket]) => startMs + bucket * bucketMs), values };
}
