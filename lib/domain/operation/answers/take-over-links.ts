/** Reads from a journal which operation took this one over, and which ones it took over (decision 0023). */
import type { OperationKind, RecordedEvent } from '../model.ts';

export interface TakeOverLinks {
  /** The operation that ended this one where it stood; `null` = none did. */
  takenOverBy: string | null;
  tookOver: { id: string; kind: OperationKind }[];
}

/** Pure. */
export function takeOverLinks(events: readonly RecordedEvent[]): TakeOverLinks {
  const ended = events.findLast(({ event }) => event.kind === 'ended')?.event;
  return {
    takenOverBy: ended?.kind === 'ended' ? (ended.takenOverBy ?? null) : null,
    tookOver: events.flatMap(({ event }) =>
      event.kind === 'started' ? (event.continues ?? []).map(({ operation: id, kind }) => ({ id, kind })) : [],
    ),
  };
}
