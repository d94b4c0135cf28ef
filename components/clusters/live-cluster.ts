'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { ageClusterView } from '../../lib/domain/topology/age.ts';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { useServerNow } from '../live/clock.ts';
import { useLiveStream } from '../live/live-stream.ts';
import type { LiveStream } from '../live/live-stream.ts';

export interface LiveCluster {
  /** As far as it still holds now; `null` before the first evaluation. */
  view: ClusterView | null;
  stream: LiveStream;
  nowMs: number;
}

/** One cluster, live. Unchanged parts keep their identity (TanStack Query shares structure), so only changes are drawn. */
export function useLiveCluster(slug: string, initial: ClusterView | null, initialNowMs: number): LiveCluster {
  const queryClient = useQueryClient();
  const queryKey = useMemo(() => ['cluster', slug], [slug]);
  const { data: view } = useQuery<ClusterView | null>({ queryKey, enabled: false, initialData: initial, queryFn: () => initial });
  const receive = useCallback(
    (views: ClusterView[]) => {
      const mine = views.find((candidate) => candidate.slug === slug);
      if (mine !== undefined) queryClient.setQueryData(queryKey, mine);
    },
    [queryClient, queryKey, slug],
  );
  const stream = useLiveStream<ClusterView[]>(`/api/live/clusters/${encodeURIComponent(slug)}`, receive);
  const nowMs = useServerNow(initialNowMs, stream.clockOffsetMs);
  return { view: view === null ? null : ageClusterView(view, nowMs), stream, nowMs };
}
