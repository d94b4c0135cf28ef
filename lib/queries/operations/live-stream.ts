/** Server-sent events of one run: a snapshot, then each event. */
import { findOperation } from '../../db/operations/operation-records.ts';
import type { OperationRecord } from '../../db/operations/operation-records.ts';
import { webDatabase } from '../../db/ground/web-database.ts';
import type { Queryable } from '../../db/ground/web-database.ts';
import { isEnded } from '../../domain/operation/model.ts';
import { withInertText } from '../../domain/format/inert-text.ts';
import { authorisedClusters } from '../../domain/policy/authorise.ts';
import { includesCluster, mayActor } from '../../domain/policy/permissions.ts';
import type { Actor } from '../../domain/policy/permissions.ts';
import { openEventStream, personOf } from '../event-stream.ts';
import type { EventSender } from '../event-stream.ts';
import { operationAnswer } from './answer.ts';
import { operationHub } from './live.ts';
import { operationView } from './operation.ts';

export interface OperationStreamOptions {
  actor: Actor;
  /** Of an operation that this actor may read. */
  id: string;
  /** Polled while the stream is open; `null`: no longer signed in. */
  actorNow: () => Promise<Actor | null>;
  signal: AbortSignal;
}

/**
 * `snapshot` (an OperationAnswer) first, unless `afterSequence` says what the caller has; then `event` for each entry of
 * the journal, `operation` when the answer has changed, and `end`, after which the stream is closed.
 */
export function openOperationEvents(options: OperationStreamOptions & { afterSequence: number | null }): ReadableStream<Uint8Array> | null {
  const { id, actorNow, signal } = options;
  authorisedClusters(options.actor, 'cluster.read');
  let actor = options.actor;
  let cluster: string | null = null;
  const reads = (slug: string) => mayActor(actor, 'cluster.read', { cluster: slug });
  const watch = (sender: EventSender) => {
    const tell = teller(() => actor, options.afterSequence, sender);
    return operationHub().watch({
      person: personOf(actor),
      id: id.toLowerCase(),
      onRecord: (record) => {
        cluster = record.slug;
        if (reads(record.slug)) tell(record);
      },
      onUnavailable: () => sender.event('unavailable', {}),
      onClose: sender.close,
    });
  };
  const verdict = async () => {
    const now = await actorNow();
    if (now === null) return 'signed-out' as const;
    actor = now;
    return cluster === null || reads(cluster) ? ('allowed' as const) : ('access-changed' as const);
  };
  return openEventStream({ verdict, signal, watch });
}

function teller(actorNow: () => Actor, afterSequence: number | null, { event, close }: EventSender) {
  let sequence = afterSequence;
  let last = '';
  return (record: OperationRecord) => {
    const answer = withInertText(operationAnswer(operationView(record, actorNow(), Date.now())));
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
}

/** Where a run stands, for a caller that comes back; `null`: there is no such operation for this actor. */
export async function readProgress(
  actor: Actor,
  id: string,
  db: Queryable = webDatabase(),
): Promise<{ ended: boolean; sequence: number } | null> {
  const readable = authorisedClusters(actor, 'cluster.read');
  const record = await findOperation(db, id);
  return record === null || !includesCluster(readable, record.slug)
    ? null
    : { ended: isEnded(record.state), sequence: record.events.at(-1)?.sequence ?? 0 };
}
