'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { memo, startTransition, useCallback, useDeferredValue, useEffect, useMemo, useState } from 'react';
import type { ClusterSummary } from '../../lib/domain/topology/summary.ts';
import { countByBand, orderByUrgency, urgencyBand } from '../../lib/domain/topology/urgency.ts';
import { useHiddenNames } from '../hidden-names/hidden-names.tsx';
import { useServerNow } from '../live/clock.ts';
import { LiveIndicator } from '../live/live-indicator.tsx';
import { useLiveStream } from '../live/live-stream.ts';
import { SessionOver } from '../live/session-over.tsx';
import { Button } from '../ui/button.tsx';
import { cardFace } from './card-face.ts';
import { ClusterCard, WaitingCard } from './cluster-card.tsx';
import { FleetStrip } from './fleet-strip.tsx';
import { chosenEntries } from './overview-order.ts';
import type { BandFilter, OverviewEntry } from './overview-order.ts';
import { OverviewToolbar } from './overview-toolbar.tsx';
import { ageSummary } from './summary-age.ts';

const QUERY_KEY = ['clusters'];
/** So many cards are in the page at first, and so many more each time: a big fleet must not make a heavy page. */
const CARDS_STEP = 24;

interface Registered {
  slug: string;
  name: string;
  nodeCount: number;
}
interface Entry extends OverviewEntry {
  nodeCount: number;
  summary: ClusterSummary | null;
}

/** Lists every cluster, live, the most urgent first. Cards keep their places while the page is open and are sorted on request. */
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
        const renewed = new Map(changed.map((summary) => [summary.slug, summary]));
        const known = new Set(held.map(({ slug }) => slug));
        return [...held.map((summary) => renewed.get(summary.slug) ?? summary), ...changed.filter(({ slug }) => !known.has(slug))];
      }),
    [queryClient],
  );
  const stream = useLiveStream<ClusterSummary[]>('/api/live/clusters', receive);
  const nowMs = useServerNow(props.nowMs, stream.clockOffsetMs);
  const aged = new Map(summaries.map((summary) => [summary.slug, ageSummary(summary, nowMs)]));
  const { hide } = useHiddenNames();
  const entries = props.registered.map((cluster) => entryOf(cluster, aged.get(cluster.slug) ?? null, hide));
  const newest = summaries.reduce<string | null>((best, { computedAt }) => (best === null || computedAt > best ? computedAt : best), null);

  return (
    <>
      <SessionOver status={stream.status} returnTo="/" />
      <main id="content" className="mx-auto max-w-[2200px] px-4 py-5 sm:px-6">
        <div className="mb-4 flex flex-wrap items-end justify-between gap-x-8 gap-y-2">
          <h1 className="text-xl font-semibold tracking-tight">Clusters</h1>
          <LiveIndicator stream={stream} computedAt={newest} nowMs={nowMs} />
        </div>
        <FleetStrip summaries={[...aged.values()]} clusterCount={props.registered.length} />
        <Cards entries={entries} />
      </main>
    </>
  );
}

function Cards({ entries }: { entries: readonly Entry[] }) {
  const [typed, setTyped] = useState('');
  const [band, setBand] = useState<BandFilter>('all');
  const [room, setRoom] = useState(CARDS_STEP);
  const urgent = useMemo(() => orderByUrgency(entries), [entries]);
  const [order, setOrder] = useState(urgent);
  // The filter is shown at once; the many cards follow in the next frame.
  const [chosenText, chosenBand] = [useDeferredValue(typed), useDeferredValue(band)];
  const chosen = useMemo(() => chosenEntries(entries, order, chosenText, chosenBand), [entries, order, chosenText, chosenBand]);
  const outOfOrder = urgent.some((slug, index) => slug !== order[index]);
  useSortOnReturn(() => setOrder(urgent));
  return (
    <>
      <OverviewToolbar
        typed={typed}
        onType={(text) => {
          setTyped(text);
          setRoom(CARDS_STEP);
        }}
        band={band}
        onBand={(next) => {
          setBand(next);
          setRoom(CARDS_STEP);
        }}
        counts={countByBand(entries.map((entry) => entry.band))}
        shown={chosen.length}
        total={entries.length}
        outOfOrder={outOfOrder}
        onSort={() => setOrder(urgent)}
      />
      {chosen.length === 0 ? (
        <p className="rounded-lg border border-line bg-surface px-5 py-8 text-center text-muted">
          No cluster fits. {band === 'all' ? 'Type less, or another word.' : 'Choose “All”, or type less.'}
        </p>
      ) : (
        <CardGrid entries={chosen} room={room} />
      )}
      {chosen.length > room ? (
        <div className="mt-5 flex justify-center">
          <Button onClick={() => startTransition(() => setRoom(room + CARDS_STEP))}>
            Show {Math.min(CARDS_STEP, chosen.length - room)} more of {chosen.length - room}
          </Button>
        </div>
      ) : null}
    </>
  );
}

const CardGrid = memo(function CardGrid({ entries, room }: { entries: readonly Entry[]; room: number }) {
  return (
    <ul aria-label="Clusters" className="grid gap-4 lg:grid-cols-2 min-[2000px]:grid-cols-3">
      {entries.slice(0, room).map(({ slug, name, nodeCount, summary }) => (
        // A card that is out of sight is neither laid out nor painted; its place is kept.
        <li key={slug} className="min-w-0 [contain-intrinsic-size:auto_18rem] [content-visibility:auto]">
          {summary === null ? <WaitingCard slug={slug} name={name} nodeCount={nodeCount} /> : <ClusterCard face={cardFace(summary)} />}
        </li>
      ))}
    </ul>
  );
});

/** A reader who returns to the page finds it sorted. */
function useSortOnReturn(sort: () => void): void {
  useEffect(() => {
    const onVisible = () => {
      if (document.visibilityState === 'visible') sort();
    };
    document.addEventListener('visibilitychange', onVisible);
    return () => document.removeEventListener('visibilitychange', onVisible);
  });
}

function entryOf({ slug, name, nodeCount }: Registered, summary: ClusterSummary | null, hide: (text: string) => string): Entry {
  const words =
    summary === null ? [] : [summary.primary?.name, summary.worstLag?.node, ...summary.providers, summary.firstFinding?.summary];
  return { slug, name, nodeCount, summary, band: urgencyBand(summary), searchText: hide([slug, name, ...words].join(' ')).toLowerCase() };
}
