/**
 * Defines the leadership record of a cluster and the interface of its store: the control database now, etcd later. One conformance suite
 * (test/leadership-conformance.ts) runs against every implementation.
 */

/** How the present holder came to lead. */
export type LeadershipSource = 'first-seen' | 'outside-the-tool' | 'operation' | 'break-glass';

export interface LeadershipRecord {
  term: number;
  /** Name of the node that may be primary under this term; `null` while the term is open: nobody may. */
  holder: string | null;
  /** Timeline of the holder as last known. `null` = unknown yet. */
  timeline: number | null;
  source: LeadershipSource;
  /** The operation that wrote it. */
  operation: string | null;
  /** ISO instant. */
  since: string;
}

/** A record and the version that a change of it must name. */
export interface VersionedLeadership {
  version: number;
  record: LeadershipRecord;
}

/**
 * `lost`: another writer changed it first, and nothing was written. A store that can't tell throws `LeadershipUnknown`; the caller must
 * read again before it acts.
 */
export type SwapOutcome = { outcome: 'ok'; current: VersionedLeadership } | { outcome: 'lost'; current: VersionedLeadership | null };

export class LeadershipUnknown extends Error {
  override name = 'LeadershipUnknown';
}

export interface LeadershipStore {
  /** Linearizable. `null`: no primary was ever seen. Throws LeadershipUnknown. */
  read(cluster: string): Promise<VersionedLeadership | null>;
  /**
   * Replaces the record if its version is still `expected` (`null` = there is none). The term must not fall, and may stay the same only
   * while the holder changes from `null` (a term that was opened is taken) or stays: anything else throws a RangeError.
   */
  swap(cluster: string, expected: number | null, next: LeadershipRecord): Promise<SwapOutcome>;
}

/** The rule of `swap` about terms, shared by all stores. A sentence, or `null` when the change is allowed. */
export function whyNotSucceed(current: LeadershipRecord | null, next: LeadershipRecord): string | null {
  if (!Number.isInteger(next.term) || next.term < 1) return `A term is a whole number from 1; ${next.term} is none.`;
  if (current === null) return null;
  if (next.term < current.term) return `A term only grows: ${next.term} does not follow ${current.term}.`;
  if (next.term > current.term + 1) return `A term grows by one: ${next.term} does not follow ${current.term}.`;
  if (next.term === current.term && current.holder !== null && next.holder !== current.holder) {
    return `Term ${current.term} belongs to ${current.holder}; another holder needs a new term.`;
  }
  return null;
}
