'use client';
import Link from 'next/link';
import { useState } from 'react';
import { findingTitle } from '../../lib/domain/findings/catalogue.ts';
import type { FindingHistoryAnswer } from '../../lib/domain/findings/listing.ts';
import { formatDuration } from '../../lib/domain/format/duration.ts';
import { formatCount } from '../../lib/domain/format/quantity.ts';
import { TableHead } from '../help/table-head.tsx';
import { FINDING_HELP } from '../help/texts-findings.ts';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import { SEVERITY } from '../status/words.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Cell, Table } from '../ui/table.tsx';
import { isShown } from '../../lib/domain/findings/finding-filter.ts';
import type { FindingFilter } from '../../lib/domain/findings/finding-filter.ts';

const SHOWN_AT_ONCE = 50;
const WIDE = 'max-md:hidden';
const COLUMNS = [
  { label: 'Finding' },
  { label: 'Cluster', className: WIDE },
  { label: 'Times', help: FINDING_HELP.times, className: 'text-right' },
  { label: 'Last resolved', help: FINDING_HELP.lastResolved },
  { label: 'Last duration', help: FINDING_HELP.lasted, className: `${WIDE} text-right` },
  { label: 'Longest', help: FINDING_HELP.longest, className: `${WIDE} text-right` },
  { label: 'Total', help: FINDING_HELP.together, className: 'text-right' },
];

/** Shows resolved findings: how often, and for how long. */
export function FindingHistory({ history, filter }: { history: FindingHistoryAnswer; filter: FindingFilter }) {
  const [limit, setLimit] = useState(SHOWN_AT_ONCE);
  const past = history.past.filter((one) => isShown({ ...filter, acknowledged: 'all' }, one, false));
  if (history.serverTime === '') {
    return (
      <Card className="p-5 text-muted" aria-busy="true">
        Loading the last {history.days} days…
      </Card>
    );
  }
  if (past.length === 0) {
    return (
      <Card className="p-5 text-muted">
        No finding was resolved in the last {history.days} days{history.past.length > 0 ? ' that matches the filters' : ''}.
      </Card>
    );
  }
  return (
    <Card>
      <Table label={`Resolved in the last ${history.days} days`}>
        <TableHead columns={COLUMNS} />
        <tbody>
          {past.slice(0, limit).map((one) => (
            <tr key={JSON.stringify([one.cluster, one.code, one.nodeName, one.subject])}>
              <Cell className="min-w-56">
                <span className="flex flex-wrap items-center gap-x-3">
                  <StateWord {...SEVERITY[one.severity]} />
                  <span className="font-medium">{findingTitle(one.code)}</span>
                </span>
                <span className="name mt-0.5 block text-muted">
                  {[one.nodeName, one.subject].filter((part) => part !== null).join(' · ')}
                  <span className="md:hidden"> {one.clusterName}</span>
                </span>
                <span className="name mt-0.5 block text-xs text-muted">{one.summary}</span>
              </Cell>
              <Cell className={WIDE}>
                <Link href={`/clusters/${encodeURIComponent(one.cluster)}`} prefetch={false} className="name text-accent hover:underline">
                  {one.clusterName}
                </Link>
              </Cell>
              <Cell className="text-right">{formatCount(one.times)}</Cell>
              <Cell>
                <Instant at={one.lastResolvedAt} />
              </Cell>
              <Cell className={`${WIDE} text-right`}>{formatDuration(one.lastDurationMs)}</Cell>
              <Cell className={`${WIDE} text-right`}>{formatDuration(one.longestMs)}</Cell>
              <Cell className="text-right">{formatDuration(one.totalMs)}</Cell>
            </tr>
          ))}
        </tbody>
      </Table>
      {past.length > limit ? (
        <div className="p-4">
          <Button onClick={() => setLimit(limit + SHOWN_AT_ONCE)}>Show more ({formatCount(past.length - limit)} left)</Button>
        </div>
      ) : null}
    </Card>
  );
}
