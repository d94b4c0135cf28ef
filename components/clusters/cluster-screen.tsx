'use client';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { FindingsPanel } from '../findings/findings-panel.tsx';
import type { LiveStream } from '../live/live-stream.ts';
import { SessionOver } from '../live/session-over.tsx';
import { NodeVerbs } from '../operations/node-verbs.tsx';
import { OperationStrip } from '../operations/operation-strip.tsx';
import { busyNodes } from '../operations/run-picture.ts';
import { useRunning } from '../operations/use-running.ts';
import type { RunningAnswer } from '../operations/use-running.ts';
import { useAnonymous, useShownView } from '../topology/anonymous.ts';
import { NodeSheet } from '../topology/node-sheet.tsx';
import { TopologyPanel } from '../topology/topology-panel.tsx';
import { ClusterHeader } from './cluster-header.tsx';
import { useLiveCluster } from './live-cluster.ts';
import { WaitingCluster } from './waiting-cluster.tsx';
import type { RegisteredNodeProps } from './waiting-cluster.tsx';

interface Props {
  slug: string;
  name: string;
  view: ClusterView | null;
  registered: RegisteredNodeProps[];
  nowMs: number;
  running: RunningAnswer;
}

const NOTHING: ReadonlyMap<string, string> = new Map();

/** One cluster, live: header, topology, findings, and the details of the node that was chosen. */
export function ClusterScreen(props: Props) {
  const { view, stream, nowMs } = useLiveCluster(props.slug, props.view, props.nowMs);
  return (
    <>
      <SessionOver status={stream.status} returnTo={`/clusters/${encodeURIComponent(props.slug)}`} />
      {view === null ? (
        <WaitingCluster {...props} stream={stream} nowMs={nowMs} />
      ) : (
        <ClusterContent known={view} running={props.running} stream={stream} nowMs={nowMs} />
      )}
    </>
  );
}

function ClusterContent(props: { known: ClusterView; running: RunningAnswer; stream: LiveStream; nowMs: number }) {
  const { known, stream, nowMs } = props;
  const [chosen, setChosen] = useState<string | null>(null);
  const view = useShownView(known);
  const [hidden] = useAnonymous();
  const { running, offsetMs } = useRunning(known.slug, props.running);
  const busy = useMemo(() => (hidden ? NOTHING : busyNodes(running)), [hidden, running]);
  // What is shown may be a number instead of a name. The choice is kept by the name, so that it survives hiding and showing names.
  const index = known.nodes.findIndex((candidate) => candidate.name === chosen);
  const node = known.nodes[index];
  const address = `/clusters/${encodeURIComponent(known.slug)}/nodes/${encodeURIComponent(node?.name ?? '')}`;
  const names = useRef({ shown: view.nodes, known: known.nodes });
  useEffect(() => {
    names.current = { shown: view.nodes, known: known.nodes };
  });
  // The same function for as long as the page is open: the cards are drawn again only for what they show.
  const choose = useCallback((name: string) => {
    const place = names.current.shown.findIndex((candidate) => candidate.name === name);
    setChosen(names.current.known[place]?.name ?? null);
  }, []);
  return (
    <main id="content" className="mx-auto max-w-[2200px] space-y-4 px-4 py-5 sm:px-6">
      <ClusterHeader view={view} stream={stream} nowMs={nowMs} />
      {hidden ? null : <OperationStrip running={running} nowMs={nowMs} offsetMs={offsetMs} />}
      <TopologyPanel view={view} nowMs={nowMs} busy={busy} chosen={view.nodes[index]?.name ?? null} onChoose={choose} />
      <FindingsPanel findings={view.findings} evaluatedAt={view.computedAt} nowMs={nowMs} onChooseNode={choose} />
      <NodeSheet
        node={view.nodes[index] ?? null}
        view={view}
        nowMs={nowMs}
        href={address}
        operations={
          hidden || node === undefined ? null : <NodeVerbs slug={known.slug} name={node.name} node={node} primary={known.primary} />
        }
        onClose={() => setChosen(null)}
      />
    </main>
  );
}
