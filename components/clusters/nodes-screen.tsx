'use client';
import { useState } from 'react';
import type { ClusterView, NodeView } from '../../lib/domain/topology/model.ts';
import { useHiddenNames } from '../hidden-names/hidden-names.tsx';
import { LiveIndicator } from '../live/live-indicator.tsx';
import type { LiveStream } from '../live/live-stream.ts';
import { SessionOver } from '../live/session-over.tsx';
import { NODE_STATE, providerName } from '../status/words.ts';
import { TopologyTable } from '../topology/topology-table.tsx';
import { Card } from '../ui/card.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { useLiveCluster } from './live-cluster.ts';
import { WaitingCluster } from './waiting-cluster.tsx';
import type { RegisteredNodeProps } from './waiting-cluster.tsx';

interface Props {
  slug: string;
  name: string;
  view: ClusterView | null;
  registered: RegisteredNodeProps[];
  nowMs: number;
}

/** Every node of one cluster, to be found by name, place or state, each with the way to its page. */
export function NodesScreen(props: Props) {
  const { view, stream, nowMs } = useLiveCluster(props.slug, props.view, props.nowMs);
  return (
    <>
      <SessionOver status={stream.status} returnTo={`/clusters/${encodeURIComponent(props.slug)}/nodes`} />
      {view === null ? <WaitingCluster {...props} stream={stream} nowMs={nowMs} /> : <Nodes view={view} stream={stream} nowMs={nowMs} />}
    </>
  );
}

function Nodes({ view, stream, nowMs }: { view: ClusterView; stream: LiveStream; nowMs: number }) {
  const { hide } = useHiddenNames();
  const [typed, setTyped] = useState('');
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const nodes = view.nodes.filter((node) => words.every((word) => hide(searchText(node)).toLowerCase().includes(word)));
  return (
    <main id="content" className="mx-auto max-w-[2200px] space-y-4 px-4 py-5 sm:px-6">
      <div className="flex flex-wrap items-end justify-between gap-x-8 gap-y-2">
        <h1 className="name text-xl font-semibold tracking-tight">Nodes of {view.name}</h1>
        <LiveIndicator stream={stream} computedAt={view.computedAt} nowMs={nowMs} />
      </div>
      <Card>
        <div className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-2.5">
          <SearchField label="Filter nodes" placeholder="Name, provider, region or state" value={typed} onChange={setTyped} />
          <p role="status" className="text-[13px] text-muted">
            {nodes.length} of {view.nodes.length} {view.nodes.length === 1 ? 'node' : 'nodes'}
          </p>
        </div>
        {nodes.length === 0 ? (
          <p className="px-5 py-6 text-muted">
            {view.nodes.length === 0 ? 'This cluster has no nodes yet.' : 'No node matches. Shorten or change the search.'}
          </p>
        ) : (
          <TopologyTable
            view={{ ...view, nodes }}
            nowMs={nowMs}
            hrefOf={(name) => `/clusters/${encodeURIComponent(view.slug)}/nodes/${encodeURIComponent(name)}`}
          />
        )}
      </Card>
    </main>
  );
}

const searchText = ({ name, site, role, state }: NodeView): string =>
  `${name} ${providerName(site.provider)} ${site.provider} ${site.region} ${site.zone} ${role} ${NODE_STATE[state].word}`;
