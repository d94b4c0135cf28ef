'use client';
import { useQuery } from '@tanstack/react-query';
import type { NodeDetails } from '../../lib/domain/node-details/details.ts';
import { byUrgency } from '../../lib/domain/topology/summary.ts';
import type { NodeStanding } from '../../lib/domain/operation/node-standing.ts';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { useLiveCluster } from '../clusters/live-cluster.ts';
import { fetchJson } from '../live/fetch-json.ts';
import { SessionOver } from '../live/session-over.tsx';
import { anonymousNode, useAnonymous, useShownView } from '../topology/anonymous.ts';
import { NodeStandingPanel } from '../operations/node-standing-panel.tsx';
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
  nowMs: number;
}

/** Everything about one node: live figures, charts, findings, settings, access, parity and history. */
export function NodeScreen(props: Props) {
  const { slug, details: initial } = props;
  const { view: known, stream, nowMs } = useLiveCluster(slug, props.view, props.nowMs);
  const address = `${encodeURIComponent(slug)}/nodes/${encodeURIComponent(initial.name)}`;
  const { data: details, error } = useQuery<NodeDetails>({
    queryKey: ['node', slug, initial.name],
    queryFn: ({ signal }) => fetchJson(`/api/nodes/${encodeURIComponent(slug)}/${encodeURIComponent(initial.name)}`, signal),
    initialData: initial,
    staleTime: DETAILS_INTERVAL_MS,
    refetchInterval: DETAILS_INTERVAL_MS,
    networkMode: 'always',
  });
  const index = known?.nodes.findIndex((node) => node.name === details.name) ?? -1;
  const shown = useShownView(known ?? emptyView(slug));
  const node = shown.nodes[index] ?? null;
  const [anonymous] = useAnonymous();
  const name = anonymous ? (node?.name ?? anonymousNode(slug, details.name)) : details.name;
  const links = shown.links.filter((link) => node !== null && (link.from === node.name || link.to === node.name));
  const findings = shown.findings.filter((finding) => node !== null && finding.nodeName === node.name).sort(byUrgency);
  return (
    <>
      <SessionOver status={stream.status} returnTo={`/clusters/${address}`} />
      <main id="content" className="mx-auto max-w-[2200px] space-y-4 px-4 py-5 sm:px-6">
        <NodeHeader
          name={name}
          details={details}
          node={node}
          view={known}
          shown={shown}
          stream={stream}
          nowMs={nowMs}
          anonymous={anonymous}
        />
        <NodeCharts cluster={slug} node={details.name} role={node?.role ?? 'unknown'} clockOffsetMs={stream.clockOffsetMs} nowMs={nowMs} />
        <NodeFindings
          findings={findings}
          evaluatedAt={known?.computedAt ?? null}
          past={anonymous ? null : details.pastFindings}
          nowMs={nowMs}
        />
        {anonymous ? (
          <p className="rounded-lg border border-line bg-surface px-5 py-4 text-muted">
            Settings, access, certificates and history are not shown while names are hidden: they are full of them.
          </p>
        ) : (
          <>
            {error === null ? null : (
              <p role="status" className="rounded-lg border border-line bg-warn-soft px-5 py-3 text-warn">
                What follows is not renewed: {error.message}
              </p>
            )}
            <NodeStandingPanel
              slug={slug}
              name={details.name}
              node={node}
              primary={known?.primary ?? null}
              initial={props.standing}
              nowMs={nowMs}
            />
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
          </>
        )}
      </main>
    </>
  );
}

/** Before the controller's first evaluation nothing is known of any node. */
function emptyView(slug: string): ClusterView {
  return {
    ...{ slug, name: slug, systemIdentifier: null, term: null, primary: null, leadership: null },
    objectives: { rtoSeconds: null, rpoSeconds: null },
    computedAt: '',
    nodes: [],
    links: [],
    rpo: { state: 'unknown', boundSeconds: null, boundBytes: null, bestStandby: null, reason: '', since: '' },
    findings: [],
  };
}
