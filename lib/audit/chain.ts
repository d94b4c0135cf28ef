/** The hash chain of the audit log, as pure functions: also what an offline verifier needs. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

export const FIRST_PREVIOUS_HASH = '0'.repeat(64);

export interface ChainedEvent {
  sequence: bigint;
  at: Date;
  actor: string;
  action: string;
  subject: string;
  outcome: string;
  body: string;
  prevHash: string;
  hash: string;
}

/** SHA-256, in hex, over the previous hash and the RFC 8785 form of the event. The SQL function `audit_append` builds the same text. */
export function eventHash(event: Omit<ChainedEvent, 'hash'>): string {
  const canonical = canonicalize({
    action: event.action,
    actor: event.actor,
    at: event.at.toISOString(),
    body: event.body,
    outcome: event.outcome,
    sequence: Number(event.sequence),
    subject: event.subject,
  });
  return createHash('sha256').update(`${event.prevHash}${canonical}`, 'utf8').digest('hex');
}

/** Where the chain stands: what the next event must follow. */
export interface ChainHead {
  sequence: bigint;
  hash: string;
}

export const EMPTY_CHAIN: ChainHead = { sequence: 0n, hash: FIRST_PREVIOUS_HASH };

/** Why `event` can't follow `head`, as a sentence; `null` when it does. */
export function whyBroken(head: ChainHead, event: ChainedEvent): string | null {
  if (event.sequence !== head.sequence + 1n) {
    return event.sequence > head.sequence + 1n
      ? `Event ${head.sequence + 1n} is missing: event ${event.sequence} follows ${head.sequence}.`
      : `Event ${event.sequence} stands after ${head.sequence}.`;
  }
  if (event.prevHash !== head.hash) return `Event ${event.sequence} does not name the hash of event ${head.sequence}.`;
  if (event.hash !== eventHash(event)) return `Event ${event.sequence} was changed: its hash does not fit its contents.`;
  return null;
}
