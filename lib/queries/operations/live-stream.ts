/** Server-sent events of one run: for the run page (the whole view with each change) and for programs (a snapshot, then each event). */
import { findOperation } from '../../db/operation-records.ts';
import type { OperationRecord } from '../../db/operation-records.ts';
import { webDatabase } from '../../db/web-database.ts';
import type { Queryable } from '../../db/web-database.ts';
import { isEnded } from '../../domain/operation/model.ts';
import { withInertText } from '../../domain/format/inert-text.ts';
import type { Actor } from '../../domain/policy/permissions.ts';
import { authorise } from '../authorise.ts';
import { openEventStream, personOf } from '../event-stream.ts';
import type { EventSender } from '../event-stream.ts';
import { operationAnswer } from './answer.ts';
import { operationHub } from './live.ts';
import { operationView } from './operation.ts';

export interface OperationStreamOptions {
  actor: Actor;
  /** Of an operation that exists. */
  id: string;
  stillAllowed: () => Promise<boolean>;
  signal: AbortSignal;
}

/** For the run page: the event `operation` carries an OperationView whenever it has changed. `null`: this person holds too many. */
export function openOperationViews(options: OperationStreamOptions): ReadableStream<Uint8Array> | null {
  return open(options, ({ event }) => {
    let last = '';
    return (record) => {
      const view = withInertText(operationView(record, options.actor, Date.now()));
      const text = JSON.stringify({ ...view, serverTime: null });
      if (text !== last) event('operation', view);
      last = text;
    };
  });
}

/**
 * For programs: `snapshot` (an OperationAnswer) first, unless `afterSequence` says what the caller has; then `event` for each entry of
 * the journal, `operation` when the answer has changed, and `end`, after which the stream is closed.
 */
export function openOperationEvents(options: OperationStreamOptions & { afterSequence: number | null }): ReadableStream<Uint8Array> | null {
  return open(options, ({ event, close }) => {
    let sequence = options.afterSequence;
    let last = '';
    return (record) => {
      const answer = withInertText(operationAnswer(operationView(record, options.actor, Date.now())));
      const newest = record.events.at(-1)?.sequence ?? 0;
      const text = JSON.stringify(answer);
      if (sequence === null || sequence > newest) event('snapshot', answer, String(newest));
      else {
        for (const recorded of record.events) {
          if (recorded.sequence <= sequence) continue;
          event('event', withInertText({ sequence: recorded.sequence, at: recorded.at, ...recorded.event }), String(recorded.sequence));
        }
        if (text !== last) event('operation', answer);
      }
      sequence = newest;
      last = text;
      if (!isEnded(record.state)) return;
      event('end', { state: record.state });
      close();
    };
  });
}

function open(options: OperationStreamOptions, show: (sender: EventSender) => (record: OperationRecord) => void) {
  const { actor, stillAllowed, signal } = options;
  authorise(actor, 'cluster.read');
  return openEventStream({
    stillAllowed,
    signal,
    watch: (sender) =>
      operationHub().watch({
        person: personOf(actor),
        id: options.id.toLowerCase(),
        onRecord: show(sender),
        onUnavailable: () => sender.event('unavailable', {}),
        onClose: sender.close,
      }),
  });
}

/** Where a run stands, for a caller that comes back; `null`: there is no such operation. */
export async function readProgress(
  actor: Actor,
  id: string,
  db: Queryable = webDatabase(),
): Promise<{ ended: boolean; sequence: number } | null> {
  authorise(actor, 'cluster.read');
  const record = await findOperation(db, id);
  return record === null ? null : { ended: isEnded(record.state), sequence: record.events.at(-1)?.sequence ?? 0 };
}
