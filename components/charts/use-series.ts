'use client';
import { useQuery } from '@tanstack/react-query';
import type { Series, SeriesMetric } from '../../lib/domain/charts/series.ts';
import { rangeBounds, rangeSearch, refreshIntervalMs } from '../../lib/domain/charts/time-range.ts';
import type { TimeRange } from '../../lib/domain/charts/time-range.ts';
import { fetchJson } from '../live/fetch-json.ts';

/** Periods that were left are kept so long for the way back, and no longer: a page may stay open for weeks. */
const KEPT_MS = 2 * 60_000;
const RETRIES = 2;

interface Request {
  cluster: string;
  node: string;
  metrics: readonly SeriesMetric[];
  range: TimeRange;
  /** `null` until the page knows how wide its charts are. */
  points: number | null;
  /** Browser's clock minus the server's. */
  clockOffsetMs: number | null;
}

/** Series of a node, renewed while the range follows now. While another period is read the one before stays on screen. */
export function useSeries({ cluster, node, metrics, range, points, clockOffsetMs }: Request) {
  return useQuery<Series>({
    queryKey: ['series', cluster, node, metrics.join(','), rangeSearch(range), points],
    enabled: points !== null,
    queryFn: ({ signal }) => {
      const { fromMs, toMs } = rangeBounds(range, Date.now() - (clockOffsetMs ?? 0));
      const query = new URLSearchParams({
        metric: metrics.join(','),
        from: new Date(fromMs).toISOString(),
        to: new Date(toMs).toISOString(),
        points: String(points),
      });
      return fetchJson<Series>(`/api/series/${encodeURIComponent(cluster)}/${encodeURIComponent(node)}?${query}`, signal);
    },
    placeholderData: (previous, query) => (query?.queryKey[1] === cluster && query.queryKey[2] === node ? previous : undefined),
    refetchInterval: refreshIntervalMs(range) ?? false,
    staleTime: refreshIntervalMs(range) ?? Infinity,
    gcTime: KEPT_MS,
    retry: RETRIES,
    networkMode: 'always',
  });
}
