/** Figures of a node over time, as charts, the API and the store share them. */

export const SERIES_METRICS = [
  'transportLagBytes',
  'applyLagBytes',
  'lagMs',
  'commitMs',
  'walBytesPerSecond',
  'slotRetainedBytes',
  'dataFreeBytes',
  'walFreeBytes',
  'archiveReadyCount',
  'connectionsUsed',
] as const;
export type SeriesMetric = (typeof SERIES_METRICS)[number];

/** Values beside `Series.atMs`. `null` = unknown in that bucket; a figure that a tier doesn't keep is `null` throughout. */
export interface SeriesValues {
  min: (number | null)[];
  max: (number | null)[];
  last: (number | null)[];
}

export interface Series {
  fromMs: number;
  toMs: number;
  bucketMs: number;
  /** Seconds of the tier that was read; `null` = raw samples. */
  tier: number | null;
  /** Beginnings of the buckets. One in which the node was silent is there too, with nothing known. */
  atMs: number[];
  values: Partial<Record<SeriesMetric, SeriesValues>>;
  /** The oldest sample of this node, at any resolution; `null` = there never was one. */
  dataSinceMs: number | null;
}

/** The value a line follows where there is no newest one: the worst of each bucket, so that no peak is averaged away. */
export type SeriesLine = 'last' | 'max' | 'min';

export interface ChartPoint {
  atMs: number;
  line: number | null;
  /** Lowest and highest of the bucket; `null` where one of them is unknown. */
  band: [number, number] | null;
}

/** One metric as a line with a band. Pure lookup: nothing is interpolated. */
export function chartPoints(series: Series, metric: SeriesMetric, line: SeriesLine): ChartPoint[] {
  const values = series.values[metric];
  return series.atMs.map((atMs, index) => {
    const [min, max, last] = [values?.min[index] ?? null, values?.max[index] ?? null, values?.last[index] ?? null];
    const followed = line === 'last' ? (last ?? max) : line === 'max' ? max : min;
    const band: [number, number] | null = min === null || max === null ? null : [min, max];
    return { atMs, line: followed, band };
  });
}

/** Stretches of at least one bucket in which nothing is known, each with its end; the longest `most` of them, in order of time. */
export function gapsOf(points: readonly { atMs: number; known: boolean }[], bucketMs: number, most: number): [number, number][] {
  const gaps: [number, number][] = [];
  for (const { atMs, known } of points) {
    const last = gaps.at(-1);
    if (known) continue;
    if (last !== undefined && last[1] === atMs) last[1] = atMs + bucketMs;
    else gaps.push([atMs, atMs + bucketMs]);
  }
  return gaps
    .sort((a, b) => b[1] - b[0] - (a[1] - a[0]))
    .slice(0, most)
    .sort((a, b) => a[0] - b[0]);
}

/** Least and greatest known value of a metric over the whole series; `null` when nothing is known. */
export function extremes(series: Series, metric: SeriesMetric): { min: number; max: number } | null {
  const values = series.values[metric];
  if (values === undefined) return null;
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const list of [values.min, values.max, values.last]) {
    for (const value of list) {
      if (value === null) continue;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  return min > max ? null : { min, max };
}

/**
 * Fewer rows for a table of the same: each stands for several points and keeps their lowest and highest. `null` stays where all of
 * them are unknown.
 */
export function condense(
  series: Series,
  metric: SeriesMetric,
  rowsMax: number,
): { atMs: number; min: number | null; max: number | null; last: number | null }[] {
  const values = series.values[metric] ?? { min: [], max: [], last: [] };
  const step = Math.max(1, Math.ceil(series.atMs.length / rowsMax));
  const known = (list: readonly (number | null)[], from: number) =>
    list.slice(from, from + step).filter((value): value is number => value !== null);
  const rows = [];
  for (let index = 0; index < series.atMs.length; index += step) {
    const all = [...known(values.min, index), ...known(values.max, index), ...known(values.last, index)];
    rows.push({
      atMs: series.atMs[index]!,
      min: all.length === 0 ? null : Math.min(...all),
      max: all.length === 0 ? null : Math.max(...all),
      last: known(values.last, index).at(-1) ?? null,
    });
  }
  return rows;
}
