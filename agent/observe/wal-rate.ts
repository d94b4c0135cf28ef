import { lsnDifferenceBytes } from './lsn.ts';

/** WAL written (primary) or received (standby) per second between two ticks, on the monotonic clock. */
export class WalRate {
  #previous: { lsn: string; atMs: number; timeline: number } | null = null;

  /** Bytes per second since the last call; `null` at first, after a change of timeline, and when the position went back. */
  next(lsn: string | null, timeline: number, monotonicMs: number): number | null {
    const previous = this.#previous;
    this.#previous = lsn === null ? null : { lsn, atMs: monotonicMs, timeline };
    if (previous === null || lsn === null || previous.timeline !== timeline || monotonicMs <= previous.atMs) return null;
    const bytes = lsnDifferenceBytes(lsn, previous.lsn);
    return bytes === null || bytes < 0 ? null : (bytes * 1000) / (monotonicMs - previous.atMs);
  }
}
