'use client';
import { useQuery } from '@tanstack/react-query';
import type { NodeDetails } from '../../lib/domain/node-details/details.ts';
import { byUrgency } from '../../lib/domain/topology/summary.ts';
import type { NodeStanding } from '../../lib/domain/operation/plan/node-standing.ts';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { useLiveCluster } from '../clusters/live-cluster.ts';
import { fetchJson } from '../live/fetch-json.ts';
import { SessionOver } from '../live/session-over.tsx';
import { MaintenanceNotes } from '../operations/maintenance-notes.tsx';
import { NodeStandingPanel } from '../operations/node-standing-panel.tsx';
import { OperationStrip } from '../operations/operation-strip.tsx';
import { useRunning } from '../operations/use-running.ts';
import type { RunningAnswer } from '../operations/use-running.ts';
import { AccessPanel } from './access-panel.tsx';
import { HistoryPanel } from './history-panel.tsx';
import { NodeCharts } from './node-charts.tsx';
import { NodeFindings } from './node-findings.tsx';
import { NodeHeader } from './node-header.tsx';
import { ParityPanel } from './parity-panel.tsx';
import { ServerPanel } from './server-panel.tsx';
import { SettingsPanel } from './settings-panel.tsx';
import { TransportPanel } from './transport-panel.tsx';

/** Facts come each minute, findings and events at any time: the page is a few seconds behind at most. */
const DETAILS_INTERVAL_MS = 10_000;

interface Props {
  slug: string;
  view: ClusterView | null;
  details: NodeDetails;
  /** `null` = no controller has looked at its cluster yet. */
  standing: NodeStanding | null;
  running: RunningAnswer;
  nowMs: number;
}

/** Everything about one node: live figures, charts, findings, settings, access, parity and history. */
export function NodeScreen(props: Props) {
  const { slug, details: initial } = props;
  const { view, stream, nowMs } = useLiveCluster(slug, props.view, props.nowMs);
  const address = `${encodeURIComponent(slug)}/nodes/${encodeURIComponent(initial.name)}`;
  const { data: details, error } = useQuery<NodeDetails>({
    queryKey: ['node', slug, initial.name],
    queryFn: ({ signal }) => fetchJson(`/api/nodes/${encodeURIComponent(slug)}/${encodeURIComponent(initial.name)}`, signal),
    initialData: initial,
    staleTime: DETAILS_INTERVAL_MS,
    refetchInterval: DETAILS_INTERVAL_MS,
    networkMode: 'always',
  });
  const { name } = details;
  const { running, maintenance, offsetMs } = useRunning(slug, props.running);
  const node = view?.nodes.find((candidate) => candidate.name === name) ?? null;
  const links = view?.links.filter((link) => link.from === name || link.to === name) ?? [];
  const findings = view?.findings.filter((finding) => finding.nodeName === name).sort(byUrgency) ?? [];
  return (
    <>
      <SessionOver status={stream.status} returnTo={`/clusters/${address}`} />
      <main id="content" className="mx-auto max-w-[2200px] space-y-4 px-4 py-5 sm:px-6">
        <NodeHeader name={name} details={details} node={node} view={view} stream={stream} nowMs={nowMs} />
        <OperationStrip running={running} nowMs={nowMs} offsetMs={offsetMs} />
        <MaintenanceNotes slug={slug} windows={maintenance} node={name} nowMs={nowMs} />
        <NodeCharts cluster={slug} node={name} role={node?.role ?? 'unknown'} clockOffsetMs={stream.clockOffsetMs} nowMs={nowMs} />
        <NodeFindings slug={slug} findings={findings} evaluatedAt={view?.computedAt ?? null} past={details.pastFindings} nowMs={nowMs} />
        {error === null ? null : (
          <p role="status" className="rounded-lg border border-line bg-warn-soft px-5 py-3 text-warn">
            What follows is not updated: {error.message}
          </p>
        )}
        <NodeStandingPanel slug={slug} name={name} view={view} initial={props.standing} nowMs={nowMs} />
        <SettingsPanel details={details} nowMs={nowMs} />
        <AccessPanel details={details} nowMs={nowMs} />
        <div className="grid items-start gap-4 xl:grid-cols-2">
          <TransportPanel details={details} links={links} name={name} nowMs={nowMs} />
          <div className="min-w-0 space-y-4">
            <ParityPanel details={details} nowMs={nowMs} />
            <HistoryPanel details={details} nowMs={nowMs} />
          </div>
        </div>
        <ServerPanel details={details} nowMs={nowMs} />
      </main>
    </>
  );
}
