/**
 * What still has to be sent. While the controller acknowledges at once, samples live in memory only and a tick costs no disk write:
 * a crash of the agent can then lose the samples of the last two seconds at most. As soon as one waits longer it goes to disk, and all
 * after it, until the controller has caught up. A planned stop writes out everything.
 */
import type { SpoolCounts, SpoolEntry } from './spool.ts';
import { Spool } from './spool.ts';

/** Age at which an unacknowledged sample is written to disk. */
export const SPILL_AFTER_MS = 2000;

export interface OutboxCounts extends SpoolCounts {
  /** Samples that wait in memory and are not on disk. */
  memorySamples: number;
}

export class Outbox {
  readonly #spool: Spool;
  #memory: SpoolEntry[] = [];
  #rejected = 0;

  constructor(spool: Spool) {
    this.#spool = spool;
  }

  /** Adds the newest sample. */
  put(entry: SpoolEntry, nowMs: number): void {
    this.#memory.push(entry);
    const oldest = this.#memory[0];
    if (oldest !== undefined && Math.abs(nowMs - oldest.atMs) >= SPILL_AFTER_MS) this.flush(nowMs);
  }

  /** Writes what is in memory to disk. */
  flush(nowMs: number): void {
    // Taken over before the write: when the disk is full these samples are lost, but memory stays bounded.
    const entries = this.#memory;
    this.#memory = [];
    if (entries.length > 0) this.#spool.append(entries, nowMs);
  }

  /** The oldest samples that wait, at most `samplesMax` and about `bytesMax`. */
  peek(samplesMax: number, bytesMax: number): SpoolEntry[] {
    const batch = this.#spool.peek(samplesMax, bytesMax);
    let bytes = batch.reduce((sum, entry) => sum + entry.json.length, 0);
    for (const entry of this.#memory) {
      bytes += entry.json.length;
      if (batch.length >= samplesMax || (batch.length > 0 && bytes > bytesMax)) break;
      batch.push(entry);
    }
    return batch;
  }

  /** Forgets everything up to `sequence`: the controller holds it durably. */
  acknowledge(sequence: number): void {
    this.#spool.acknowledge(sequence);
    this.#memory = this.#memory.filter((entry) => entry.sequence > sequence);
  }

  /** Gives up one sample that the controller refuses for good, so that those behind it can go. */
  reject(entry: SpoolEntry): void {
    this.#rejected += 1;
    this.acknowledge(entry.sequence);
  }

  counts(): OutboxCounts {
    const spool = this.#spool.counts();
    const oldestAtMs = spool.oldestAtMs ?? this.#memory[0]?.atMs ?? null;
    return { ...spool, oldestAtMs, lostSamples: spool.lostSamples + this.#rejected, memorySamples: this.#memory.length };
  }

  tidy(nowMs: number): void {
    this.#spool.tidy(nowMs);
  }

  close(nowMs: number): void {
    this.flush(nowMs);
    this.#spool.close(nowMs);
  }
}
