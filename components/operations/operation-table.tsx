import Link from 'next/link';
import { formatDuration } from '../../lib/domain/format/duration.ts';
import { kindOf } from '../../lib/domain/operation/kinds/registry.ts';
import { formatCount } from '../../lib/domain/format/quantity.ts';
import type { OperationListItem } from '../../lib/domain/operation/answers/answers.ts';
import { personOf } from '../../lib/domain/policy/person.ts';
import { TableHead } from '../help/table-head.tsx';
import { OPERATION_HELP } from '../help/texts-operations.ts';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import { Cell, Table } from '../ui/table.tsx';
import { STATE } from './words.ts';

const WIDE = 'max-lg:hidden';
const COLUMNS = [
  { label: 'Operation' },
  { label: 'Cluster', className: 'max-sm:hidden' },
  { label: 'State' },
  { label: 'Requested', className: WIDE },
  { label: 'Why', className: WIDE },
  { label: 'Write outage', help: OPERATION_HELP.writesWaited, className: `${WIDE} text-right` },
  { label: 'Rows lost', help: OPERATION_HELP.rowsLost, className: `${WIDE} text-right` },
];

export function OperationTable({ operations, withCluster }: { operations: readonly OperationListItem[]; withCluster: boolean }) {
  return (
    <Table label="List of operations">
      <TableHead columns={withCluster ? COLUMNS : COLUMNS.filter(({ label }) => label !== 'Cluster')} />
      <tbody>
        {operations.map((operation) => (
          <Row key={operation.id} operation={operation} withCluster={withCluster} />
        ))}
      </tbody>
    </Table>
  );
}

function Row({ operation, withCluster }: { operation: OperationListItem; withCluster: boolean }) {
  const { measured, approvals } = operation;
  return (
    <tr>
      <Cell className="min-w-40">
        <Link href={`/operations/${operation.id}`} prefetch={false} className="font-medium text-accent hover:underline">
          {kindOf(operation.kind).words.name}
          {operation.target === null ? '' : <span className="name"> {operation.target}</span>}
        </Link>
        <span className="name block text-xs text-muted max-sm:hidden">{operation.summary}</span>
        <span className="block text-xs text-muted lg:hidden">
          <Instant at={operation.requestedAt} />
        </span>
      </Cell>
      {withCluster ? (
        <Cell className="max-sm:hidden">
          <Link href={`/clusters/${encodeURIComponent(operation.cluster.slug)}`} prefetch={false} className="name hover:underline">
            {operation.cluster.name}
          </Link>
        </Cell>
      ) : null}
      <Cell className="sm:whitespace-nowrap">
        <StateWord {...STATE[operation.state]} />
        {operation.state === 'awaiting-approval' ? (
          <span className="block text-xs text-muted">
            {approvals.given} of {approvals.required} given
          </span>
        ) : operation.endedAt !== null && operation.acknowledgedAt === null ? (
          <span className="block text-xs text-muted">unread</span>
        ) : null}
      </Cell>
      <Cell className={WIDE}>
        <Instant at={operation.requestedAt} />
        <span className="name block text-xs text-muted">{personOf(operation.requestedBy)}</span>
      </Cell>
      <Cell className={`${WIDE} max-w-80`}>
        <span className="name line-clamp-2" title={operation.reason}>
          {operation.reason}
        </span>
        {operation.ticket === null ? null : <span className="name block text-xs text-muted">{operation.ticket}</span>}
      </Cell>
      <Cell className={`${WIDE} text-right tabular-nums`}>
        {measured === null || measured.writeOutageMs === null ? (
          <span className="text-muted">{operation.endedAt === null ? '–' : 'not measured'}</span>
        ) : (
          formatDuration(measured.writeOutageMs)
        )}
      </Cell>
      <Cell className={`${WIDE} text-right tabular-nums`}>
        {measured === null ? (
          <span className="text-muted">–</span>
        ) : measured.lostRows === null ? (
          <span className="text-unknown">unknown</span>
        ) : measured.lostRows === 0 ? (
          <span data-known-zero>none</span>
        ) : (
          <span className="font-medium text-bad">{formatCount(measured.lostRows)}</span>
        )}
      </Cell>
    </tr>
  );
}
