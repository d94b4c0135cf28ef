import Link from 'next/link';
import type { AuditEntry } from '../../lib/domain/audit/listing.ts';
import { personOf } from '../../lib/domain/policy/person.ts';
import { TableHead } from '../help/table-head.tsx';
import { AUDIT_HELP } from '../help/texts-operations.ts';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import type { StateTone } from '../status/words.ts';
import { Cell, Table } from '../ui/table.tsx';

const WIDE = 'max-md:hidden';
const COLUMNS = [
  { label: 'No.', help: AUDIT_HELP.sequence, className: `${WIDE} text-right` },
  { label: 'When', help: AUDIT_HELP.when, className: WIDE },
  { label: 'Who', className: WIDE },
  { label: 'What' },
  { label: 'Why', className: WIDE },
  { label: 'Outcome', help: AUDIT_HELP.outcome },
];
const OUTCOME: Record<string, StateTone> = { done: 'good', started: 'info', refused: 'warn', denied: 'bad', failed: 'bad' };

export function AuditTable({ entries }: { entries: readonly AuditEntry[] }) {
  return (
    <Table label="Events of the audit log">
      <TableHead columns={COLUMNS} />
      <tbody>
        {entries.map((entry) => (
          <Row key={entry.sequence} entry={entry} />
        ))}
      </tbody>
    </Table>
  );
}

function Row({ entry }: { entry: AuditEntry }) {
  const operation = operationOf(entry.body);
  return (
    <tr>
      <Cell className={`${WIDE} text-right text-muted tabular-nums`}>{entry.sequence}</Cell>
      <Cell className={WIDE}>
        <Instant at={entry.at} />
      </Cell>
      <Cell className={`${WIDE} min-w-44`}>
        <span className="name">{personOf(entry.actor)}</span>
      </Cell>
      <Cell className="w-full min-w-0 md:w-auto md:min-w-44">
        <span className="block text-xs text-muted md:hidden">
          <Instant at={entry.at} />
        </span>
        <span className="name block md:hidden">{personOf(entry.actor)}</span>
        <span className="name font-medium">{entry.action}</span>
        <span className="name block text-xs text-muted">{entry.subject}</span>
        {entry.why === null ? null : <span className="name line-clamp-3 text-xs md:hidden">“{entry.why}”</span>}
        <details className="mt-0.5 text-xs">
          <summary className="cursor-pointer text-muted hover:text-text">Details</summary>
          {operation === null ? null : (
            <Link href={`/operations/${operation}`} prefetch={false} className="mt-1 inline-block text-accent underline">
              Open the operation
            </Link>
          )}
          <pre
            tabIndex={0}
            aria-label={`Details of event ${entry.sequence}`}
            className="mt-1 max-w-[60ch] overflow-x-auto rounded border border-line bg-raised px-2 py-1 font-mono text-[11px] whitespace-pre-wrap [overflow-wrap:anywhere]"
          >
            {JSON.stringify(entry.body, null, 2)}
          </pre>
          <span className="name block font-mono text-[11px] text-muted" title="Hash of the event">
            {entry.hash}
          </span>
        </details>
      </Cell>
      <Cell className={`${WIDE} max-w-96`}>
        <span className="name line-clamp-3" title={entry.why ?? undefined}>
          {entry.why ?? <span className="text-muted">–</span>}
        </span>
      </Cell>
      <Cell>
        <StateWord tone={OUTCOME[entry.outcome] ?? 'unknown'} word={entry.outcome} />
      </Cell>
    </tr>
  );
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The operation that an event is about, when its particulars name one. */
function operationOf(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('operation' in body)) return null;
  return typeof body.operation === 'string' && UUID.test(body.operation) ? body.operation : null;
}
