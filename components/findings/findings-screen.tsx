'use client';
import Link from 'next/link';
import { useDeferredValue, useMemo, useState } from 'react';
import { findingTitle } from '../../lib/domain/findings/catalogue.ts';
import type { FindingHistoryAnswer, FindingsAnswer, ListedFinding } from '../../lib/domain/findings/listing.ts';
import type { FindingCode } from '../../lib/domain/findings/registry.ts';
import { formatCount } from '../../lib/domain/format/quantity.ts';
import { isViewCurrent } from '../../lib/domain/topology/age.ts';
import { byUrgency, countBySeverity } from '../../lib/domain/topology/summary.ts';
import { HelpForAll } from '../help/help.tsx';
import { FINDING_HELP } from '../help/texts-findings.ts';
import { useServerNow } from '../live/clock.ts';
import { LiveIndicator } from '../live/live-indicator.tsx';
import { usePolledPage } from '../live/polled-page.ts';
import { SessionOver } from '../live/session-over.tsx';
import { StateWord } from '../status/mark.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Choice } from '../ui/choice.tsx';
import { TabPanel, Tabs } from '../ui/tabs.tsx';
import type { AcknowledgeActions } from './acknowledge.tsx';
import { CauseGroup, pastKey } from './cause-group.tsx';
import type { TimesBefore } from './cause-group.tsx';
import { FindingCounts } from './finding-counts.tsx';
import type { FindingFilter, ShownGroup } from '../../lib/domain/findings/finding-filter.ts';
import { filterPath, shownGroups } from '../../lib/domain/findings/finding-filter.ts';
import { FindingHistory } from './finding-history.tsx';

const ASK_EVERY_MS = 3_000;
const ASK_HISTORY_EVERY_MS = 60_000;
const GROUPS_AT_ONCE = 50;

const OPEN_HELP = [
  ...[FINDING_HELP.attention, FINDING_HELP.since, FINDING_HELP.grouping],
  ...[FINDING_HELP.timesBefore, FINDING_HELP.acknowledged],
];

interface Props {
  findings: FindingsAnswer;
  history: FindingHistoryAnswer;
  filter: FindingFilter;
  /** Why the viewer may acknowledge nothing of a cluster, by its short name; absent: may. */
  whyNot: ReadonlyMap<string, string>;
  acknowledge: AcknowledgeActions['acknowledge'];
  withdraw: AcknowledgeActions['withdraw'];
}

/** Everything that is wrong anywhere in the fleet, by cause; and what was. */
export function FindingsScreen(props: Props) {
  const { answer, stream, ask, asOf } = usePolledPage('/api/v1/findings', props.findings, ASK_EVERY_MS);
  const nowMs = useServerNow(Date.parse(props.findings.serverTime), stream.clockOffsetMs);
  const [filter, setFilter] = useState(props.filter);
  const { answer: history } = usePolledPage(
    `/api/v1/findings/history?days=${filter.days}`,
    filter.days === props.history.days ? props.history : { serverTime: '', days: filter.days, past: [] },
    ASK_HISTORY_EVERY_MS,
  );
  // The controls answer at once; the lists, which may be long, follow.
  const shownFilter = useDeferredValue(filter);
  const change = (part: Partial<FindingFilter>) => {
    const next = { ...filter, ...part };
    setFilter(next);
    window.history.replaceState(null, '', filterPath(next));
  };
  const { acknowledge, withdraw, whyNot } = props;
  const actionsOf = useMemo(
    () => (cluster: string) => ({ acknowledge, withdraw, why: whyNot.get(cluster) ?? null, onDone: ask }),
    [acknowledge, withdraw, whyNot, ask],
  );
  const timesBefore = useMemo(
    () => ({ days: history.days, of: new Map(history.past.map((one) => [pastKey(one.cluster, one), one.times])) }),
    [history.days, history.past],
  );
  const all = answer.clusters.flatMap(({ groups }) => groups.flatMap(({ findings }) => findings));
  const newest = answer.clusters.reduce<string | null>(
    (best, { computedAt }) => (computedAt !== null && (best === null || computedAt > best) ? computedAt : best),
    null,
  );
  return (
    <>
      <SessionOver status={stream.status} returnTo={filterPath(filter)} />
      <main id="content" className="mx-auto max-w-[1600px] px-4 py-6 sm:px-6">
        <div className="mb-4 flex flex-wrap items-end justify-between gap-x-8 gap-y-2">
          <h1 className="text-xl font-semibold tracking-tight">Findings</h1>
          <LiveIndicator stream={stream} computedAt={newest} nowMs={nowMs} />
        </div>
        <div className="flex flex-wrap items-center justify-between gap-x-4">
          <Counts all={all} omitted={answer.omitted} />
          <HelpForAll texts={OPEN_HELP} className="max-sm:-ml-2.5" />
        </div>
        <Card className="mt-4">
          <Tabs
            label="Which findings"
            value={filter.view}
            onChange={(view) => change({ view: view === 'resolved' ? 'resolved' : 'open' })}
            tabs={[
              { value: 'open', label: 'Open' },
              { value: 'resolved', label: 'Resolved' },
            ]}
          >
            <Filters filter={filter} answer={answer} onChange={change} />
          </Tabs>
        </Card>
        <div className="mt-4">
          {shownFilter.view === 'resolved' ? (
            <FindingHistory history={history} filter={shownFilter} />
          ) : (
            <OpenFindings
              answer={answer}
              filter={shownFilter}
              nowMs={nowMs}
              asOfMs={asOf(nowMs)}
              timesBefore={timesBefore}
              actionsOf={actionsOf}
            />
          )}
        </div>
      </main>
    </>
  );
}

function Counts({ all, omitted }: { all: readonly ListedFinding[]; omitted: number }) {
  const open = all.filter(({ acknowledgement }) => acknowledgement === null);
  const acknowledged = all.length - open.length;
  return (
    <p className="flex min-h-6 flex-wrap items-center gap-x-4 gap-y-1 text-[13px]" role="status" aria-label="Counts">
      <span className="inline-flex items-center gap-2">
        <span className="text-muted">Need attention:</span> <FindingCounts counts={countBySeverity(open)} />
      </span>
      <span className="text-muted">{acknowledged === 0 ? 'none acknowledged' : `${formatCount(acknowledged)} acknowledged`}</span>
      {omitted > 0 ? <span className="text-warn">{formatCount(omitted)} more of lower severity are not listed</span> : null}
    </p>
  );
}

function Filters(props: { filter: FindingFilter; answer: FindingsAnswer; onChange: (part: Partial<FindingFilter>) => void }) {
  const { filter, answer, onChange } = props;
  const any = { value: '', label: 'any' };
  const codes = [...new Set(answer.clusters.flatMap(({ groups }) => groups.flatMap(({ findings }) => findings.map(({ code }) => code))))];
  const listedCodes = filter.code !== null && !codes.includes(filter.code) ? [...codes, filter.code] : codes;
  return (
    <>
      <TabPanel value={filter.view}>
        <div className="grid grid-cols-2 gap-3 px-4 py-3 md:flex md:flex-wrap md:items-end">
          <Choice
            compact
            label="Cluster"
            className="md:w-52"
            value={filter.cluster ?? ''}
            onChange={(event) => onChange({ cluster: event.target.value === '' ? null : event.target.value })}
            choices={[any, ...answer.clusters.map(({ slug, name }) => ({ value: slug, label: name }))]}
          />
          <Choice
            compact
            label="Severity"
            className="md:w-32"
            value={filter.severity ?? ''}
            onChange={(event) => onChange({ severity: (event.target.value || null) as FindingFilter['severity'] })}
            choices={[any, ...(['critical', 'warning', 'info'] as const).map((value) => ({ value, label: value }))]}
          />
          <Choice
            compact
            label="What"
            className="md:w-64"
            value={filter.code ?? ''}
            onChange={(event) => onChange({ code: (event.target.value || null) as FindingCode | null })}
            choices={[any, ...listedCodes.sort().map((code) => ({ value: code, label: findingTitle(code) }))]}
          />
          {filter.view === 'open' ? (
            <Choice
              compact
              label="Acknowledged"
              className="md:w-40"
              value={filter.acknowledged}
              onChange={(event) => onChange({ acknowledged: event.target.value as FindingFilter['acknowledged'] })}
              choices={[
                { value: 'all', label: 'shown too' },
                { value: 'no', label: 'not shown' },
                { value: 'yes', label: 'only these' },
              ]}
            />
          ) : (
            <Choice
              compact
              label="Resolved in the last"
              className="md:w-40"
              value={String(filter.days)}
              onChange={(event) => onChange({ days: event.target.value === '7' ? 7 : 30 })}
              choices={[
                { value: '7', label: '7 days' },
                { value: '30', label: '30 days' },
              ]}
            />
          )}
        </div>
      </TabPanel>
      {/* The other tab’s panel, so that its tab names something that exists. */}
      <TabPanel value={filter.view === 'open' ? 'resolved' : 'open'}>{null}</TabPanel>
    </>
  );
}

function OpenFindings(props: {
  answer: FindingsAnswer;
  filter: FindingFilter;
  nowMs: number;
  /** The moment at which a cluster counts as current or not. */
  asOfMs: number;
  timesBefore: TimesBefore;
  actionsOf: (cluster: string) => AcknowledgeActions;
}) {
  const { answer, nowMs, asOfMs } = props;
  const [limit, setLimit] = useState(GROUPS_AT_ONCE);
  const groups = shownGroups(props.filter, answer.clusters).sort(
    (a, b) => Number(a.acknowledged) - Number(b.acknowledged) || byUrgency(worstOf(a), worstOf(b)) || a.key.localeCompare(b.key),
  );
  const stale = answer.clusters.filter(({ computedAt }) => !isViewCurrent(computedAt, asOfMs));
  const isFiltered = groups.length === 0 && answer.clusters.some((cluster) => cluster.groups.length > 0);
  return (
    <div className="space-y-4">
      {stale.length === 0 ? null : (
        <Card className="px-5 py-4" role="status">
          <StateWord
            tone="unknown"
            word={`${formatCount(stale.length)} of ${formatCount(answer.clusters.length)} clusters are not evaluated now`}
          />
          <p className="name mt-1 text-[13px] text-muted">
            Their present findings are unknown:{' '}
            {stale
              .slice(0, 5)
              .map(({ name }) => name)
              .join(', ')}
            {stale.length > 5 ? ` and ${formatCount(stale.length - 5)} more` : ''}. Next: check that Farshore’s controller runs and reaches
            its database;{' '}
            <Link href="/settings/about" prefetch={false} className="text-accent underline">
              its health is shown in the settings
            </Link>
            .
          </p>
        </Card>
      )}
      {groups.slice(0, limit).map((group) => (
        <CauseGroup
          key={group.key}
          group={group}
          nowMs={nowMs}
          asOfMs={asOfMs}
          timesBefore={props.timesBefore}
          actions={props.actionsOf(group.cluster.slug)}
        />
      ))}
      {groups.length > limit ? (
        <Button onClick={() => setLimit(limit + GROUPS_AT_ONCE)}>Show more ({formatCount(groups.length - limit)} causes left)</Button>
      ) : null}
      {groups.length > 0 || answer.clusters.length === stale.length ? null : (
        <Card className="p-5 text-muted">{isFiltered ? 'No open finding matches the filters.' : 'No open findings.'}</Card>
      )}
      {answer.clusters.length > 0 ? null : (
        <Card className="p-5 text-muted">
          There is no cluster yet.{' '}
          <Link href="/settings/clusters" prefetch={false} className="text-accent underline">
            Register the first
          </Link>
          .
        </Card>
      )}
    </div>
  );
}

function worstOf(group: ShownGroup): ListedFinding {
  return [...group.findings].sort(byUrgency)[0]!;
}
