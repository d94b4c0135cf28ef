'use client';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { formatAgo, formatDuration } from '../../lib/domain/format/duration.ts';
import { kindOf } from '../../lib/domain/operation/kinds/registry.ts';
import type { OperationView } from '../../lib/domain/operation/answers/answers.ts';
import { isEnded } from '../../lib/domain/operation/model.ts';
import { addressOf, clusterAddress, screenOf } from '../../lib/domain/screens/screens.ts';
import { personOf } from '../../lib/domain/policy/person.ts';
import { useServerNow } from '../live/clock.ts';
import type { LiveStream } from '../live/live-stream.ts';
import { SessionOver } from '../live/session-over.tsx';
import { Breadcrumb } from '../shell/breadcrumb.tsx';
import { Instant } from '../status/instant.tsx';
import { Mark, StateWord } from '../status/mark.tsx';
import { Card } from '../ui/card.tsx';
import { ApprovalsPanel } from './approvals-panel.tsx';
import { BeforeAfter } from './before-after.tsx';
import { OutageStopwatch } from './outage-stopwatch.tsx';
import type { SiteOf } from './planned-picture.ts';
import { ResultPanel } from './result-panel.tsx';
import { RunActions } from './run-actions.tsx';
import type { RunDecisions } from './run-actions.tsx';
import { awaySince } from './run-picture.ts';
import { RunSteps } from './run-steps.tsx';
import { useOperation } from './use-operation.ts';
import { STATE } from './words.ts';

const DRIVEN: readonly OperationView['state'][] = ['queued', 'running', 'rolling-back'];

interface Props {
  initial: OperationView;
  sites: { name: string; site: { provider: string; region: string; jurisdiction: string } }[];
  decisions: RunDecisions;
}

/** One run at its own address: where it is, what it waits for, what may be done, and in the end what it measured. */
export function RunScreen({ initial, sites, decisions }: Props) {
  const { view, stream, ask } = useOperation(initial);
  const nowMs = useServerNow(Date.parse(initial.serverTime), stream.clockOffsetMs);
  const siteOf: SiteOf = new Map(sites.map(({ name, site }) => [name, site]));
  const ended = isEnded(view.state);
  return (
    <>
      <SessionOver status={stream.status} returnTo={`/operations/${view.id}`} />
      <main id="content" className="mx-auto max-w-[1600px] space-y-4 px-4 py-5 sm:px-6">
        <Header view={view} stream={stream} nowMs={nowMs} />
        <Notices view={view} stream={stream} nowMs={nowMs} />
        {ended ? <ResultPanel view={view} decisions={decisions} onDone={ask} /> : null}
        {view.approvals.required > 0 || view.approvals.given.length > 0 ? (
          <ApprovalsPanel view={view} decisions={decisions} onDone={ask} />
        ) : null}
        {ended ? null : <RunActions view={view} decisions={decisions} onDone={ask} />}
        <RunSteps view={view} nowMs={nowMs} />
        <BeforeAfter plan={view.plan} siteOf={siteOf} past={view.startedAt !== null} />
      </main>
    </>
  );
}

function Header({ view, stream, nowMs }: { view: OperationView; stream: LiveStream; nowMs: number }) {
  const { cluster, kind, plan, run } = view;
  const startedMs = view.startedAt === null ? null : Date.parse(view.startedAt);
  const endMs = view.endedAt === null ? nowMs : Date.parse(view.endedAt);
  const over = run.steps.filter(({ status }) => status === 'done' || status === 'skipped').length;
  return (
    <header className="space-y-4">
      <div>
        <Breadcrumb
          current={false}
          crumbs={[
            { href: addressOf('operations'), text: screenOf('operations').label },
            { href: clusterAddress(cluster.slug), text: cluster.name },
          ]}
        />
        <h1 className="name mt-1 text-xl font-semibold tracking-tight">
          {kindOf(kind).words.name} of {cluster.name}
        </h1>
        <p className="name mt-1 text-[15px] text-muted">{plan.summary}</p>
        <TakeOver view={view} />
      </div>
      <Card aria-label="State of the operation" className="px-5 py-4">
        <dl className="grid grid-cols-2 gap-x-6 gap-y-4 md:grid-cols-3 xl:grid-cols-6">
          <Figure label="State" className="col-span-2">
            <span role="status" aria-label="State of the operation" data-operation-state={view.state}>
              <StateWord {...stateNow(view, nowMs)} className="text-[15px]" />
            </span>
            {view.outcome === null ? null : <span className="name mt-0.5 block text-[13px] font-normal text-muted">{view.outcome}</span>}
          </Figure>
          <Figure label="Took">
            {startedMs === null
              ? 'not started'
              : view.endedAt === null && endMs - startedMs < 1000
                ? '<1 s'
                : formatDuration(Math.max(0, floorSeconds(endMs - startedMs, view.endedAt !== null)))}
            <Note>
              {over} of {run.steps.length} steps done
            </Note>
          </Figure>
          <Figure label="Writes">
            <OutageStopwatch view={view} nowMs={nowMs} offsetMs={stream.clockOffsetMs} />
          </Figure>
          <Figure label="Requested by" className="max-md:col-span-2">
            <span className="name text-[13px]">{personOf(view.requestedBy)}</span>
            <Note>
              <Instant at={view.requestedAt} />
            </Note>
          </Figure>
          <Figure label="Why" className="max-md:col-span-2">
            <span className="name line-clamp-3 font-normal" title={view.reason}>
              {view.reason}
            </span>
            <Note>{view.ticket === null ? 'no ticket' : `ticket ${view.ticket}`}</Note>
          </Figure>
        </dl>
        {view.acknowledgedRisks.length === 0 ? null : (
          <p className="name mt-3 border-t border-line pt-3 text-[13px] text-muted">
            Acknowledged by name: {view.acknowledgedRisks.map((risk) => `“${risk}”`).join(' ')}
          </p>
        )}
      </Card>
    </header>
  );
}

/** The two journals of a take-over name each other; so do their pages. */
function TakeOver({ view: { takenOverBy, tookOver } }: { view: OperationView }) {
  if (takenOverBy === null && tookOver.length === 0) return null;
  const link = (id: string, text: string) => (
    <Link key={id} href={`${addressOf('operations')}/${id}`} prefetch={false} className="text-accent underline">
      {text}
    </Link>
  );
  return (
    <p className="mt-1 flex flex-wrap gap-x-4 text-[13px]">
      {takenOverBy === null ? null : link(takenOverBy, 'Taken over by another operation: open it')}
      {tookOver.map(({ id, kind }) => link(id, `Took over a ${kindOf(kind).words.name.toLowerCase()}: open it`))}
    </p>
  );
}

/** A state that only a controller can change is as old as the last word of one. */
function stateNow(view: OperationView, nowMs: number) {
  const { word, tone } = STATE[view.state];
  if (!DRIVEN.includes(view.state) || awaySince(view, nowMs) === null) return { word, tone };
  return { word: `${word}, when last seen`, tone: 'unknown' as const };
}

/** While it runs, whole seconds: tenths only flicker. */
const floorSeconds = (ms: number, exact: boolean): number => (exact ? ms : Math.floor(ms / 1000) * 1000);

function Figure({ label, className, children }: { label: string; className?: string; children: ReactNode }) {
  return (
    <div className={className}>
      <dt className="text-xs text-muted">{label}</dt>
      <dd className="mt-0.5 min-w-0 font-medium">{children}</dd>
    </div>
  );
}

const Note = ({ children }: { children: ReactNode }) => <span className="name block text-xs font-normal text-muted">{children}</span>;

/** Shows why this page may lag behind reality: the connection, the controller, the journal. Its place is kept. */
function Notices({ view, stream, nowMs }: { view: OperationView; stream: LiveStream; nowMs: number }) {
  const sentences = noticesOf(view, stream, nowMs);
  return (
    <div role="status" aria-label="Notices" className="min-h-5 space-y-1 text-[13px]">
      {sentences.map(({ tone, text }) => (
        <p key={text} className="flex items-start gap-1.5 font-medium">
          <span className="pt-1">
            <Mark tone={tone} />
          </span>
          <span>{text}</span>
        </p>
      ))}
    </div>
  );
}

function noticesOf(view: OperationView, stream: LiveStream, nowMs: number): { tone: 'good' | 'warn' | 'bad'; text: string }[] {
  if (stream.status === 'reconnecting' || stream.status === 'unavailable') {
    const what = stream.status === 'reconnecting' ? 'Farshore’s web application' : 'Farshore’s control database';
    return [
      {
        tone: 'warn',
        text: `${what} does not answer. Shown as of ${formatAgo(view.serverTime, nowMs)}; the run itself does not depend on this page.`,
      },
    ];
  }
  if (view.journalProblem !== null) {
    return [{ tone: 'bad', text: `The journal of this run can’t be read completely: ${view.journalProblem} Tell your administrator.` }];
  }
  if (isEnded(view.state)) return [];
  const away = awaySince(view, nowMs);
  if (away !== null) {
    const since = away === 'long' ? 'for more than an hour' : `for ${formatDuration(floorSeconds(nowMs - away, false))}`;
    return [{ tone: 'warn', text: `The controller has been away ${since}. The run continues when it, or another one, is back.` }];
  }
  return [{ tone: 'good', text: 'live' }];
}
