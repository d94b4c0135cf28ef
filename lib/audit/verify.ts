/** Verifies the audit chain that stands in the database. */
import type { Queryable } from '../db/ground/pool.ts';
import { readAuditChain } from '../db/records/audit-events.ts';
import { EMPTY_CHAIN, whyBroken } from './chain.ts';
import type { ChainHead } from './chain.ts';

const EVENTS_PER_READ = 1000;

export type ChainVerdict =
  | { intact: true; events: number; head: ChainHead }
  /** `at` is the first sequence number that is wrong or missing. */
  | { intact: false; at: bigint; reason: string };

/**
 * Names the first event that does not follow. `expected`: a head noted before, which alone reveals a chain cut off at its end. `from`: a
 * head verified before, to read only later events.
 */
export async function verifyChain(
  client: Queryable,
  expected: ChainHead | null = null,
  from: ChainHead = EMPTY_CHAIN,
): Promise<ChainVerdict> {
  let head = from;
  let expectedSeen = expected === null || expected.sequence === 0n;
  for (;;) {
    const events = await readAuditChain(client, head.sequence, EVENTS_PER_READ);
    for (const event of events) {
      const reason = whyBroken(head, event);
      if (reason !== null)
        return { intact: false, at: event.sequence === head.sequence + 1n ? event.sequence : head.sequence + 1n, reason };
      head = { sequence: event.sequence, hash: event.hash };
      if (expected !== null && expected.sequence === head.sequence) {
        if (expected.hash !== head.hash) {
          return {
            intact: false,
            at: head.sequence,
            reason: `Event ${head.sequence} is not the one that was noted before: the chain was rewritten.`,
          };
        }
        expectedSeen = true;
      }
    }
    if (events.length < EVENTS_PER_READ) break;
  }
  if (!expectedSeen && expected !== null) {
    return {
      intact: false,
      at: head.sequence + 1n,
      reason: `The chain ends at event ${head.sequence}; event ${expected.sequence} was noted before.`,
    };
  }
  return { intact: true, events: Number(head.sequence), head };
}
