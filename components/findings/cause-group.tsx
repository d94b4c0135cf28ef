'use client';
import Link from 'next/link';
import { adviceFor } from '../../lib/domain/findings/catalogue.ts';
import type { ListedFinding } from '../../lib/domain/findings/listing.ts';
import { formatElapsed } from '../../lib/domain/format/duration.ts';
import { isViewCurrent } from '../../lib/domain/topology/age.ts';
import { byUrgency } from '../../lib/domain/topology/summary.ts';
import { StateWord } from '../status/mark.tsx';
import { SEVERITY } from '../status/words.ts';
import { Badge } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { cx } from '../ui/class-names.ts';
import { AcknowledgeButton, AcknowledgedNote } from './acknowledge.tsx';
import type { AcknowledgeActions } from './acknowledge.tsx';
import type { ShownGroup } from '../../lib/domain/findings/finding-filter.ts';
import { FindingEntry } from './findings-panel.tsx';

/** How often each thing was wrong before in the last days, by `pastKey`. */
export interface TimesBefore {
  days: number;
  of: ReadonlyMap<string, number>;
}

interface Props {
  group: ShownGroup;
  nowMs: number;
  /** The moment at which the cluster counts as current or not. */
  asOfMs: number;
  timesBefore: TimesBefore;
  actions: AcknowledgeActions;
}

export const pastKey = (cluster: string, finding: Pick<ListedFinding, 'code' | 'nodeName' | 'subject'>): string =>
  JSON.stringify([cluster, finding.code, finding.nodeName, finding.subject]);

/** One cause and what follows from it. */
export function CauseGroup(props: Props) {
  const { group, nowMs, asOfMs, actions } = props;
  const { cluster, findings } = group;
  const root = findings.find(({ id }) => id === group.rootId) ?? null;
  const others = findings.filter((finding) => finding !== root);
  const worst = [...findings].sort(byUrgency)[0]!;
  const open = findings.filter(({ acknowledgement }) => acknowledgement === null);
  const isStale = !isViewCurrent(cluster.computedAt, asOfMs);
  return (
    <Card aria-label={group.title} className={cx('overflow-hidden', group.acknowledged && 'bg-raised shadow-none')}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-raised px-5 py-2.5 text-[13px]">
        <StateWord {...SEVERITY[worst.severity]} />
        <Link
          href={`/clusters/${encodeURIComponent(cluster.slug)}`}
          prefetch={false}
          className="name font-medium text-accent hover:underline"
        >
          {cluster.name}
        </Link>
        <span className="text-muted">
          {findings.length === 1 ? '1 finding' : `${findings.length} findings`}, since {ageWords(oldest(findings), nowMs)}
        </span>
        {group.acknowledged ? <Badge tone="info">acknowledged</Badge> : null}
        {isStale ? <Badge tone="unknown">not evaluated now</Badge> : null}
        <span className="flex-1" />
        {open.length > 1 ? (
          <AcknowledgeButton findings={open} label={`Acknowledge all ${open.length}`} title={group.title} actions={actions} />
        ) : null}
      </div>
      {root === null ? <h2 className="name px-5 pt-4 font-semibold">{group.title}</h2> : null}
      {root === null ? null : (
        <div className="px-5 py-4">
          <Entry {...props} finding={root} />
        </div>
      )}
      {others.length === 0 ? null : (
        <div className={cx('px-5 pb-4', root === null && 'pt-3')}>
          {root === null ? null : <h3 className="mb-1.5 text-xs font-medium text-muted">Consequences ({others.length})</h3>}
          <ul className="divide-y divide-line rounded-md border border-line">
            {others.map((finding) => (
              <li key={finding.id}>
                <Consequence {...props} finding={finding} />
              </li>
            ))}
          </ul>
        </div>
      )}
    </Card>
  );
}

function Consequence(props: Props & { finding: ListedFinding }) {
  const { finding, nowMs } = props;
  return (
    <details className="group">
      <summary
        className={cx(
          'flex cursor-pointer flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2 text-[13px] select-none hover:bg-raised',
          finding.acknowledgement !== null && 'text-muted',
        )}
      >
        <StateWord {...SEVERITY[finding.severity]} className="w-20" />
        <span className="name min-w-0 max-md:order-last max-md:basis-full md:flex-1">{finding.summary}</span>
        {finding.acknowledgement === null ? null : <Badge tone="info">acknowledged</Badge>}
        <span className="text-muted">{ageWords(finding.since, nowMs)}</span>
      </summary>
      <div className="border-t border-line px-3 py-3">
        <Entry {...props} />
      </div>
    </details>
  );
}

function Entry({ group, finding, nowMs, timesBefore, actions }: Props & { finding: ListedFinding }) {
  const times = timesBefore.of.get(pastKey(group.cluster.slug, finding)) ?? 0;
  const { nodeName } = finding;
  const path = `/clusters/${encodeURIComponent(group.cluster.slug)}`;
  return (
    <FindingEntry
      slug={group.cluster.slug}
      finding={{ ...finding, ...adviceFor(finding) }}
      nowMs={nowMs}
      where={
        <>
          {nodeName === null ? null : (
            <Link
              href={`${path}/nodes/${encodeURIComponent(nodeName)}`}
              prefetch={false}
              className="name max-w-60 text-accent hover:underline"
            >
              {nodeName}
            </Link>
          )}
          {times === 0 ? null : (
            <span>
              {times === 1 ? 'once' : `${times} times`} before in {timesBefore.days} d
            </span>
          )}
        </>
      }
    >
      {finding.acknowledgement === null ? (
        <div className="mt-2">
          <AcknowledgeButton findings={[finding]} label="Acknowledge…" title={finding.summary} actions={actions} />
        </div>
      ) : (
        <AcknowledgedNote finding={finding} actions={actions} />
      )}
    </FindingEntry>
  );
}

function oldest(findings: readonly ListedFinding[]): string {
  return findings.reduce((first, { since }) => (since < first ? since : first), findings[0]!.since);
}

function ageWords(since: string, nowMs: number): string {
  return formatElapsed(since, nowMs);
}
