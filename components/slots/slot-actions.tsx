import Link from 'next/link';
import { formatElapsed } from '../../lib/domain/format/duration.ts';
import { formatBytes } from '../../lib/domain/format/quantity.ts';
import type { SlotRow, StorageNode } from '../../lib/domain/slots/board.ts';
import { planPath } from '../../lib/domain/operation/request-address.ts';
import { StateWord } from '../status/mark.tsx';
import { SEVERITY } from '../status/words.ts';
import { Badge } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { forecastPairWords } from './words.ts';

/** For each slot that is a risk: what may be done, cheapest and safest first. */
export function SlotActions(props: { slug: string; risky: readonly { node: StorageNode; slot: SlotRow }[]; nowMs: number }) {
  const { slug, risky, nowMs } = props;
  return (
    <Card role="region" aria-label="Slots at risk">
      <div className="border-b border-line px-5 py-3">
        <h2 className="font-semibold">
          At risk <span className="font-normal text-muted">({risky.length})</span>
        </h2>
        <p className="mt-0.5 text-[13px] text-muted">
          In the order to try them. A slot can be dropped from here, with a plan first; what has a command is typed on the node, as a
          superuser in psql.
        </p>
      </div>
      <ul className="divide-y divide-line">
        {risky.map(({ node, slot }) => (
          <li key={`${node.name} ${slot.name}`} className="px-5 py-4">
            <article aria-label={`Slot ${slot.name} on ${node.name}`}>
              <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
                {slot.severity === null ? null : <StateWord {...SEVERITY[slot.severity]} />}
                <h3 className="name font-medium">
                  {slot.name} on {node.name}
                </h3>
                <Link
                  href={planPath(slug, { kind: 'drop-slot', target: node.name, slot: slot.name })}
                  prefetch={false}
                  aria-label={`Drop slot ${slot.name} on ${node.name}`}
                  className="text-[13px] font-medium text-accent hover:underline"
                >
                  Drop slot…
                </Link>
              </div>
              <p className="mt-1 text-[13px] text-muted">{situation(slot, nowMs)}</p>
              <ol className="mt-3 grid grid-cols-1 gap-3 lg:grid-cols-3">
                {slot.actions.map((action, index) => (
                  <li key={action.title} className="min-w-0 rounded-md border border-line bg-raised p-3 text-[13px]">
                    <p className="flex flex-wrap items-baseline gap-x-2">
                      <span className="name font-medium">
                        {index + 1}. {action.title}
                      </span>
                      {action.possible ? null : <Badge>not possible here</Badge>}
                    </p>
                    <p className="name mt-1">{action.text}</p>
                    {action.command === null ? null : (
                      <pre
                        tabIndex={0}
                        aria-label={`Command: ${action.title}`}
                        className="mt-2 overflow-x-auto rounded border border-line bg-surface px-2.5 py-1.5 font-mono text-xs"
                      >
                        {action.command}
                      </pre>
                    )}
                  </li>
                ))}
              </ol>
            </article>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function situation(slot: SlotRow, nowMs: number): string {
  if (slot.use === 'lost') return 'The WAL that its consumer needs was removed.';
  const { active, inactiveSince } = slot;
  const since = inactiveSince === null ? 'No active consumer.' : `No active consumer for ${formatElapsed(inactiveSince, nowMs)}.`;
  const idle = active ? 'Its consumer falls behind.' : since;
  const both = ({ first, second }: { first: string; second: string | null }) => (second === null ? first : `${first} (${second})`);
  const lost = both(forecastPairWords(slot.untilLost));
  const full = both(forecastPairWords(slot.untilDiskFull));
  return `${idle} Retains ${formatBytes(slot.retainedBytes)} of WAL. Until it is lost: ${lost}. Until the disk is full: ${full}.`;
}
