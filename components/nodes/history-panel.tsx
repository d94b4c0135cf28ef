import { formatAgo } from '../../lib/domain/format/duration.ts';
import type { NodeDetails, NodeEventEntry } from '../../lib/domain/node-details/details.ts';
import { Help } from '../help/help.tsx';
import { NODE_HELP } from '../help/texts-node.ts';
import { Instant } from '../status/instant.tsx';
import { Mark } from '../status/mark.tsx';
import type { StateTone } from '../status/words.ts';
import { Panel } from '../ui/panel.tsx';

/** Coarse states of the log, as sentences say them. */
const STATE: Record<string, { words: string; tone: StateTone }> = {
  running: { words: 'running', tone: 'good' },
  starting: { words: 'starting', tone: 'warn' },
  stopped: { words: 'stopped', tone: 'bad' },
  'not-answering': { words: 'not answering', tone: 'bad' },
  'not-seen': { words: 'not seen', tone: 'unknown' },
};

/** When this node changed its role, its timeline or its state. */
export function HistoryPanel({ details, nowMs }: { details: NodeDetails; nowMs: number }) {
  const { events } = details;
  return (
    <Panel
      title="Log of changes"
      aside={<Help text={NODE_HELP.log} />}
      id="log"
      note={events.length === 0 ? undefined : events.length === 100 ? 'the last 100' : `${events.length} recorded`}
    >
      {events.length === 0 ? (
        <p className="px-5 py-4 text-muted">
          No change has been recorded yet. Farshore notes each change of role, timeline and state from its first look on.
        </p>
      ) : (
        <ol tabIndex={0} aria-label="Log of changes" className="max-h-96 overflow-y-auto">
          {events.map((event) => (
            <li key={event.id} className="flex items-start gap-3 border-b border-line px-5 py-2.5 text-[13px] last:border-0">
              <span className="mt-1">
                <Mark tone={toneOf(event)} />
              </span>
              <div className="min-w-0 flex-1">
                <p className="name font-medium">{sentenceOf(event)}</p>
                {event.reason === null ? null : <p className="name text-muted">{event.reason}</p>}
              </div>
              <p className="shrink-0 text-right text-muted">
                <Instant at={event.at} />
                <span className="block text-xs">{formatAgo(event.at, nowMs)}</span>
              </p>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

function sentenceOf({ kind, from, to }: NodeEventEntry): string {
  const change = (what: string, word: (value: string) => string) =>
    from === null ? `${what} ${word(to ?? 'unknown')}, as first seen` : `${what} ${word(to ?? 'unknown')}, was ${word(from)}`;
  switch (kind) {
    case 'role':
      return change('Role:', (value) => value);
    case 'timeline':
      return change('Timeline:', (value) => value);
    case 'state':
      return change('State:', (value) => STATE[value]?.words ?? value);
  }
}

function toneOf({ kind, to }: NodeEventEntry): StateTone {
  return kind === 'state' ? (STATE[to ?? '']?.tone ?? 'unknown') : 'info';
}
