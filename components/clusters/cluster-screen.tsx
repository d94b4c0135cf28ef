'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { ageClusterView } from '../../lib/domain/topology/age.ts';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { FindingsPanel } from '../findings/findings-panel.tsx';
import { useServerNow } from '../live/clock.ts';
import { useLiveStream } from '../live/live-stream.ts';
import type { LiveStream } from '../live/live-stream.ts';
import { SessionOver } from '../live/session-over.tsx';
import { NodeSheet } from '../topology/node-sheet.tsx';
import { TopologyPanel } from '../topology/topology-panel.tsx';
import { ClusterHeader } from './cluster-header.tsx';
import { WaitingCluster } from './waiting-cluster.tsx';
import type { RegisteredNodeProps } from './waiting-cluster.tsx';

interface Props {
  slug: string;
  name: string;
  view: ClusterView | null;
  registered: RegisteredNodeProps[];
  nowMs: number;
}

/** One cluster, live: header, topology, findings, and the details of the node that was chosen. */
export function ClusterScreen(props: Props) {
  const { slug } = props;
  const queryClient = useQueryClient();
  const queryKey = useMemo(() => ['cluster', slug], [slug]);
  const { data: view } = useQuery<ClusterView | null>({ queryKey, enabled: false, initialData: props.view, queryFn: () => props.view });
  const receive = useCallback(
    (views: ClusterView[]) => {
      const mine = views.find((candidate) => candidate.slug === slug);
      if (mine !== undefined) queryClient.setQueryData(queryKey, mine);
    },
    [queryClient, queryKey, slug],
  );
  const stream = useLiveStream<ClusterView[]>(`/api/live/clusters/${encodeURIComponent(slug)}`, receive);
  const nowMs = useServerNow(props.nowMs, stream.clockOffsetMs);
  return (
    <>
      <SessionOver status={stream.status} returnTo={`/clusters/${encodeURIComponent(slug)}`} />
      {view === null ? (
        <WaitingCluster {...props} stream={stream} nowMs={nowMs} />
      ) : (
        <ClusterContent view={ageClusterView(view, nowMs)} stream={stream} nowMs={nowMs} />
      )}
    </>
  );
}

function ClusterContent({ view, stream, nowMs }: { view: ClusterView; stream: LiveStream; nowMs: number }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const node = view.nodes.find((candidate) => candidate.name === chosen) ?? null;
  return (
    <main id="content" className="mx-auto max-w-[2200px] space-y-4 px-4 py-5 sm:px-6">
      <ClusterHeader view={view} stream={stream} nowMs={nowMs} />
      <TopologyPanel view={view} nowMs={nowMs} chosen={chosen} onChoose={setChosen} />
      <FindingsPanel findings={view.findings} evaluatedAt={view.computedAt} nowMs={nowMs} onChooseNode={setChosen} />
      <NodeSheet node={node} view={view} nowMs={nowMs} onClose={() => setChosen(null)} />
    </main>
  );
}
