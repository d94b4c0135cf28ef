'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { ClusterSummary } from '../../lib/domain/topology/summary.ts';
import { useServerNow } from '../live/clock.ts';
import { useLiveStream } from '../live/live-stream.ts';
import { LiveIndicator } from '../live/live-indicator.tsx';
import { SessionOver } from '../live/session-over.tsx';
import { FleetStrip } from './fleet-strip.tsx';
import { ClusterCard, WaitingCard } from './cluster-card.tsx';
import { ageSummary } from './summary-age.ts';

const QUERY_KEY = ['clusters'];

interface Registered {
  slug: string;
  name: string;
  nodeCount: number;
}

/** Every cluster, live. Clusters keep their places: the order is by name, and a card has its height whatever it says. */
export function ClusterList(props: { registered: Registered[]; summaries: ClusterSummary[]; nowMs: number }) {
  const queryClient = useQueryClient();
  const { data: summaries } = useQuery({
    queryKey: QUERY_KEY,
    enabled: false,
    initialData: props.summaries,
    queryFn: () => props.summaries,
  });
  const receive = useCallback(
    (changed: ClusterSummary[]) =>
      queryClient.setQueryData<ClusterSummary[]>(QUERY_KEY, (held = []) => {
        const slugs = new Set(changed.map((summary) => summary.slug));
        return [...held.filter((summary) => !slugs.has(summary.slug)), ...changed];
      }),
    [queryClient],
  );
  const stream = useLiveStream<ClusterSummary[]>('/api/live/clusters', receive);
  const nowMs = useServerNow(props.nowMs, stream.clockOffsetMs);
  const aged = new Map(summaries.map((summary) => [summary.slug, ageSummary(summary, nowMs)]));
  const newest = summaries.reduce<string | null>((best, { computedAt }) => (best === null || computedAt > best ? computedAt : best), null);

  return (
    <>
      <SessionOver status={stream.status} returnTo="/clusters" />
      <main id="content" className="mx-auto max-w-[2200px] px-4 py-6 sm:px-6">
        <div className="mb-5 flex flex-wrap items-end justify-between gap-x-8 gap-y-2">
          <h1 className="text-xl font-semibold tracking-tight">Clusters</h1>
          <LiveIndicator stream={stream} computedAt={newest} nowMs={nowMs} />
        </div>
        <FleetStrip summaries={[...aged.values()]} clusterCount={props.registered.length} />
        <ul aria-label="Clusters" className="grid gap-4 lg:grid-cols-2 min-[2000px]:grid-cols-3">
          {props.registered.map((cluster) => {
            const summary = aged.get(cluster.slug);
            return (
              <li key={cluster.slug} className="min-w-0">
                {summary === undefined ? <WaitingCard {...cluster} /> : <ClusterCard summary={summary} />}
              </li>
            );
          })}
        </ul>
      </main>
    </>
  );
}
