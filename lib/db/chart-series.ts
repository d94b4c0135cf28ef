/** One figure of one node over time, for a chart: from the coarsest tier that is still fine enough for its pixels. */
import type { Queryable } from './pool.ts';

interface MetricColumns {
  raw: string;
  /** Columns of `sample_tier`; a figure whose minimum or last value is not kept there has `null`. */
  min: string | null;
  max: string | null;
  last: string | null;
}

const METRICS = {
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
} as const satisfies Record<string, MetricColumns>;
export type SeriesMetric = keyof typeof METRICS;

const SOURCES = [
  { stepMs: 1_000, tier: null },
  { stepMs: 10_000, tier: 10 },
  { stepMs: 60_000, tier: 60 },
  { stepMs: 600_000, tier: 600 },
] as const;
type SeriesSource = (typeof SOURCES)[number];
export const POINTS_MAX = 4_000;

/** `null` = not known in that bucket; all `null` = a gap, to be drawn as one. */
export interface SeriesPoint {
  atMs: number;
  min: number | null;
  max: number | null;
  last: number | null;
}

export interface Series {
  bucketMs: number;
  /** Seconds of the tier that was read; `null` = raw samples. */
  tier: number | null;
  points: SeriesPoint[];
}

export interface SeriesRequest {
  nodeId: number;
  metric: SeriesMetric;
  fromMs: number;
  toMs: number;
  /** How many buckets the chart can show. */
  pointsMax: number;
}

interface BucketRow {
  bucket: number;
  min: number | null;
  max: number | null;
  last: number | null;
}

function statement(metric: MetricColumns, source: SeriesSource): string {
  const time = source.tier === null ? 'observed_at' : 'bucket_at';
  const aggregate = (kind: 'min' | 'max', column: string | null): string =>
    column === null ? 'NULL::float8' : `${kind}(${column})::float8`;
  const newest = (column: string | null): string =>
    column === null ? 'NULL::float8' : `((array_agg(${column} ORDER BY ${time} DESC) FILTER (WHERE ${column} IS NOT NULL))[1])::float8`;
  const { min, max, last } = source.tier === null ? { min: metric.raw, max: metric.raw, last: metric.raw } : metric;
  return `SELECT floor((extract(epoch FROM ${time}) * 1000 - $2) / $4)::int4 AS bucket,
      ${aggregate('min', min)} AS min, ${aggregate('max', max)} AS max, ${newest(last)} AS last
    FROM ${source.tier === null ? 'sample' : 'sample_tier'}
    WHERE node_id = $1 AND ${time} >= to_timestamp($2 / 1000.0) AND ${time} < to_timestamp($3 / 1000.0)
      ${source.tier === null ? '' : `AND tier = ${source.tier}`}
    GROUP BY 1 ORDER BY 1`;
}

/**
 * Reads a series in at most `pointsMax` buckets of equal length. Where the tier that fits is not kept that far back, the next coarser
 * one is read.
 * @throws RangeError when the period or the number of points makes no sense.
 */
export async function readSeries(client: Queryable, request: SeriesRequest): Promise<Series> {
  const { nodeId, metric, fromMs, toMs, pointsMax } = request;
  if (!(toMs > fromMs)) throw new RangeError('The end of a series lies after its beginning.');
  if (!Number.isInteger(pointsMax) || pointsMax < 1 || pointsMax > POINTS_MAX)
    throw new RangeError(`A series has 1 to ${POINTS_MAX} points.`);
  const wantedMs = (toMs - fromMs) / pointsMax;
  const first = Math.max(
    0,
    SOURCES.findLastIndex(({ stepMs }) => stepMs <= wantedMs),
  );
  for (const source of SOURCES.slice(first)) {
    // A whole number of the source's own steps, so that no bucket is empty only because of the cut.
    const bucketMs = Math.ceil(wantedMs / source.stepMs) * source.stepMs;
    const startMs = Math.floor(fromMs / source.stepMs) * source.stepMs;
    const { rows } = await client.query<BucketRow>(statement(METRICS[metric], source), [nodeId, startMs, toMs, bucketMs]);
    if (rows.length === 0 && source !== SOURCES.at(-1)) continue;
    return { bucketMs, tier: source.tier, points: withGaps(rows, startMs, toMs, bucketMs) };
  }
  return { bucketMs: wantedMs, tier: null, points: [] };
}

function withGaps(rows: readonly BucketRow[], startMs: number, toMs: number, bucketMs: number): SeriesPoint[] {
  const byBucket = new Map(rows.map((row) => [row.bucket, row]));
  return Array.from({ length: Math.ceil((toMs - startMs) / bucketMs) }, (_, bucket) => {
    const { min, max, last } = byBucket.get(bucket) ?? { min: null, max: null, last: null };
    return { atMs: startMs + bucket * bucketMs, min, max, last };
  });
}
