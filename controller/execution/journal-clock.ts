/** The clock of the control database, read once and then counted on by this process's monotonic one: no event is earlier than the one before. */
import type { Queryable } from '../../lib/db/ground/pool.ts';
import { databaseTimeMs } from '../../lib/db/operations/operations.ts';

export interface JournalClock {
  /** ISO instant. */
  now(): string;
}

export async function openJournalClock(client: Queryable): Promise<JournalClock> {
  const askedAt = performance.now();
  const databaseMs = await databaseTimeMs(client);
  // Half way between question and answer.
  const offsetMs = databaseMs - (askedAt + performance.now()) / 2;
  return { now: () => new Date(performance.now() + offsetMs).toISOString() };
}
