'use client';
import { useMemo, useState } from 'react';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { FindingsPanel } from '../findings/findings-panel.tsx';
import type { LiveStream } from '../live/live-stream.ts';
import { SessionOver } from '../live/session-over.tsx';
import { MaintenanceNotes } from '../operations/maintenance-notes.tsx';
import { maintainedNodes } from '../../lib/domain/maintenance/windows.ts';
import { NodeVerbs } from '../operations/node-verbs.tsx';
import { OperationStrip } from '../operations/operation-strip.tsx';
import { busyNodes } from '../operations/run-picture.ts';
import { useRunning } from '../operations/use-running.ts';
import type { RunningAnswer } from '../operations/use-running.ts';
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
  const { known: view, stream, nowMs } = props;
  const [chosen, setChosen] = useState<string | null>(null);
  const { running, maintenance, offsetMs } = useRunning(view.slug, props.running);
  const busy = useMemo(() => busyNodes(running), [running]);
  const maintained = maintainedNodes(
    maintenance,
    nowMs,
    view.nodes.map(({ name }) => name),
  );
  const node = view.nodes.find((candidate) => candidate.name === chosen);
  const address = `/clusters/${encodeURIComponent(view.slug)}/nodes/${encodeURIComponent(node?.name ?? '')}`;
  return (
    <main id="content" className="mx-auto max-w-[2200px] space-y-4 px-4 py-5 sm:px-6">
      <ClusterHeader view={view} stream={stream} nowMs={nowMs} />
      <OperationStrip running={running} nowMs={nowMs} offsetMs={offsetMs} />
      <MaintenanceNotes slug={view.slug} windows={maintenance} nowMs={nowMs} />
      <TopologyPanel view={view} nowMs={nowMs} busy={busy} maintained={maintained} chosen={node?.name ?? null} onChoose={setChosen} />
      <FindingsPanel slug={view.slug} findings={view.findings} evaluatedAt={view.computedAt} nowMs={nowMs} onChooseNode={setChosen} />
      <NodeSheet
        node={node ?? null}
        view={view}
        nowMs={nowMs}
        href={address}
        operations={node === undefined ? null : <NodeVerbs slug={view.slug} name={node.name} view={view} />}
        onClose={() => setChosen(null)}
      />
    </main>
  );
}
