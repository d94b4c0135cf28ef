'use client';
import Link from 'next/link';
import type { MaintenanceView, OperationListAnswer } from '../../lib/domain/operation/answers/answers.ts';
import { KIND_LIST } from '../../lib/domain/operation/kinds/registry.ts';
import type { Kind } from '../../lib/domain/operation/kind.ts';
import { planPath } from '../../lib/domain/operation/request-address.ts';
import { targetNodes } from '../../lib/domain/operation/target.ts';
import type { TargetNode } from '../../lib/domain/operation/target.ts';
import type { ClusterView, Site } from '../../lib/domain/topology/model.ts';
import { useLiveCluster } from '../clusters/live-cluster.ts';
import { LiveIndicator } from '../live/live-indicator.tsx';
import { SessionOver } from '../live/session-over.tsx';
import { Panel } from '../ui/panel.tsx';
import { GuardedLink } from './guarded-link.tsx';
import { MaintenancePanel } from './maintenance-panel.tsx';
import type { MaintenanceActions } from './maintenance-panel.tsx';
import { OperationStrip } from './operation-strip.tsx';
import { OperationTable } from './operation-table.tsx';
import { targetChoices } from './target-choices.ts';
import { useRunning } from './use-running.ts';
import type { RunningAnswer } from './use-running.ts';

interface Props {
  slug: string;
  name: string;
  view: ClusterView | null;
  registered: { name: string; site: Site }[];
  nowMs: number;
  running: RunningAnswer;
  history: OperationListAnswer;
  maintenances: MaintenanceView[];
  /** The node that the maintenance form begins with. */
  node: string | null;
  actions: MaintenanceActions;
}

/** Shows a cluster's possible operations, the running ones, the ended ones, and announced maintenance. */
export function ClusterOperations(props: Props) {
  const { slug } = props;
  const { view, stream, nowMs } = useLiveCluster(slug, props.view, props.nowMs);
  const { running, offsetMs } = useRunning(slug, props.running);
  const nodes = targetNodes(view, props.registered);
  return (
    <>
      <SessionOver status={stream.status} returnTo={`/clusters/${encodeURIComponent(slug)}/operations`} />
      <main id="content" className="mx-auto max-w-[2200px] space-y-4 px-4 py-5 sm:px-6">
        <header className="flex flex-wrap items-start justify-between gap-x-8 gap-y-2">
          <div className="min-w-0 flex-1 basis-80">
            <h1 className="name line-clamp-2 text-xl font-semibold tracking-tight">Operations of {props.name}</h1>
            <p className="mt-1 text-[15px] text-muted">
              Each begins with a plan, which changes nothing: it shows what would be done and what stands in its way.
            </p>
          </div>
          <LiveIndicator stream={stream} computedAt={view?.computedAt ?? null} nowMs={nowMs} />
        </header>
        <OperationStrip running={running} nowMs={nowMs} offsetMs={offsetMs} />
        <Panel title="Actions">
          <ul className="grid gap-x-8 gap-y-4 px-5 py-4 md:grid-cols-2 xl:grid-cols-4">
            {KIND_LIST.map((kind) => (
              <li key={kind.kind} className="min-w-0">
                <GuardedLink href={planPath(slug, { kind: kind.kind })} label={kind.words.link} why={whyNone(kind, nodes, view)} />
                <p className="mt-1.5 text-[13px] text-muted">{kind.words.help}</p>
              </li>
            ))}
          </ul>
        </Panel>
        <MaintenancePanel
          slug={slug}
          windows={props.maintenances}
          nodes={nodes.map(({ name }) => name)}
          node={props.node}
          nowMs={nowMs}
          actions={props.actions}
        />
        <Panel
          title="What was done"
          note={
            <Link href={`/operations?cluster=${encodeURIComponent(slug)}`} prefetch={false} className="text-accent hover:underline">
              All of them
            </Link>
          }
        >
          {props.history.operations.length === 0 ? (
            <p className="px-5 py-5 text-muted">Nothing was done to this cluster through Farshore yet.</p>
          ) : (
            <OperationTable operations={props.history.operations} withCluster={false} />
          )}
        </Panel>
      </main>
    </>
  );
}

/** Why no node of the cluster comes into question; `null` = one does. */
function whyNone(kind: Kind, nodes: readonly TargetNode[], view: ClusterView | null): string | null {
  const choices = targetChoices(kind, nodes, view);
  if (choices.length === 0) return 'This cluster has no node.';
  if (choices.some(({ why }) => why === null)) return null;
  return `No node comes into question. ${choices.map(({ why }) => why).join(' ')}`;
}
