/**
 * Verifies the hash chain of the audit log in the web process: from the first event once, then new events, and now and then all of it
 * again, because verified events may be changed afterwards. The head is remembered, so that a chain cut off or rewritten since is found.
 * One verification for all readers.
 */
import { auditHashAt, newestAuditSequence } from '../../db/records/audit-events.ts';
import { webDatabase } from '../../db/ground/web-database.ts';
import type { Queryable } from '../../db/ground/web-database.ts';
import { EMPTY_CHAIN } from '../../audit/chain.ts';
import type { ChainHead } from '../../audit/chain.ts';
import { verifyChain } from '../../audit/verify.ts';
import type { ChainStatus } from '../../domain/audit/listing.ts';
import { authorise } from '../../domain/policy/authorise.ts';
import type { Actor } from '../../domain/policy/permissions.ts';

/** Everything is verified again after this long; between, only what was added. */
const WHOLE_INTERVAL_MS = 10 * 60_000;
/** Looking more often than this answers with what was found. */
const ADDED_INTERVAL_MS = 5_000;
/** A page is not held up longer than this: it says `verifying` meanwhile. */
const ANSWER_WITHIN_MS = 1_500;

interface Verified {
  head: ChainHead;
  /** When the head was verified; `null` = not yet. */
  atMs: number | null;
  wholeAtMs: number | null;
  broken: { sequence: string; reason: string } | null;
}

/** One memory for each process. */
export class ChainWatch {
  #verified: Verified = { head: EMPTY_CHAIN, atMs: null, wholeAtMs: null, broken: null };
  #running: Promise<void> | null = null;

  /** Verifies what is due, and tells where it stands; waits for it a moment only. A database that can't be asked throws. */
  async status(db: Queryable, nowMs: number): Promise<ChainStatus> {
    const newest = await newestAuditSequence(db);
    if (this.#isDue(nowMs)) this.#running ??= this.#verify(db, nowMs).finally(() => (this.#running = null));
    const running = this.#running;
    if (running !== null) {
      // A failure of the verification is told by the next one who looks, when this one does not wait for it any more.
      running.catch((error: Error) => console.error(`[web] The audit chain could not be verified: ${error.message}`));
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, ANSWER_WITHIN_MS).unref())]);
    }
    const { head, atMs, broken } = this.#verified;
    const cutOff = newest < head.sequence && broken === null && this.#running === null;
    return {
      serverTime: new Date(nowMs).toISOString(),
      state: broken !== null || cutOff ? 'broken' : atMs === null ? 'verifying' : 'intact',
      verifiedSequence: head.sequence.toString(),
      verifiedHash: head.hash,
      verifiedAt: atMs === null ? null : new Date(atMs).toISOString(),
      newestSequence: newest.toString(),
      broken: cutOff
        ? { sequence: (newest + 1n).toString(), reason: `The chain ends at event ${newest}; event ${head.sequence} was verified before.` }
        : broken,
    };
  }

  #isDue(nowMs: number): boolean {
    const { atMs } = this.#verified;
    return atMs === null || nowMs - atMs > ADDED_INTERVAL_MS;
  }

  async #verify(db: Queryable, nowMs: number): Promise<void> {
    const { head, wholeAtMs, broken } = this.#verified;
    // New events are read from the head only: that it is still the same head comes first.
    const headStands = head.sequence === 0n || (await auditHashAt(db, head.sequence)) === head.hash;
    const whole = wholeAtMs === null || broken !== null || !headStands || nowMs - wholeAtMs > WHOLE_INTERVAL_MS;
    const verdict = whole ? await verifyChain(db, head) : await verifyChain(db, null, head);
    this.#verified = verdict.intact
      ? { head: verdict.head, atMs: nowMs, wholeAtMs: whole ? nowMs : wholeAtMs, broken: null }
      : { head, atMs: nowMs, wholeAtMs, broken: { sequence: verdict.at.toString(), reason: verdict.reason } };
  }
}

const slot = Symbol.for('farshore.web.chainWatch');

/** How far the chain was verified, and whether it is whole. One chain goes through the events of every cluster. */
export async function readChainStatus(actor: Actor, nowMs: number = Date.now(), db: Queryable = webDatabase()): Promise<ChainStatus> {
  authorise(actor, 'audit.read', 'fleet');
  const slots = globalThis as unknown as Record<symbol, ChainWatch | undefined>;
  return (slots[slot] ??= new ChainWatch()).status(db, nowMs);
}
