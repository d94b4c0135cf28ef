/**
 * Holds what still has to be sent. While the controller acknowledges at once, samples live in memory only and a tick costs no disk write:
 * a crash of the agent can then lose the samples of the last two seconds at most. As soon as one waits longer it goes to disk, and all
 * after it, until the controller has caught up. A planned stop writes out everything.
 */
import type { RefusedSamples } from './refused-samples.ts';
import type { SpoolCounts, SpoolEntry } from './spool.ts';
import { Spool } from './spool.ts';

/** Age at which an unacknowledged sample is written to disk. */
export const SPILL_AFTER_MS = 2000;
/** Samples that wait in memory while the disk takes none: ten minutes. Beyond that the oldest are dropped, and counted. */
export const MEMORY_SAMPLES_MAX = 600;

export interface OutboxCounts extends SpoolCounts {
  /** Samples that wait in memory and are not on disk. */
  memorySamples: number;
  /** Samples that the controller refused for good, since the agent was installed. */
  refusedSamples: number;
}

export class Outbox {
  readonly #spool: Spool;
  readonly #refused: RefusedSamples;
  #memory: SpoolEntry[] = [];
  #dropped = 0;

  constructor(spool: Spool, refused: RefusedSamples) {
    this.#spool = spool;
    this.#refused = refused;
  }

  /** Adds the newest sample. */
  put(entry: SpoolEntry, nowMs: number): void {
    this.#memory.push(entry);
    const oldest = this.#memory[0];
    if (oldest !== undefined && Math.abs(nowMs - oldest.atMs) >= SPILL_AFTER_MS) this.flush(nowMs);
  }

  /** Writes what is in memory to disk, as far as that takes it. Never throws. */
  flush(nowMs: number): void {
    if (this.#memory.length === 0) return;
    this.#memory = this.#memory.slice(this.#spool.append(this.#memory, nowMs));
    const over = Math.max(0, this.#memory.length - MEMORY_SAMPLES_MAX);
    this.#memory = this.#memory.slice(over);
    this.#dropped += over;
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

  /** Sets one sample aside that the controller refuses for good, so that those behind it can go. */
  reject(entry: SpoolEntry, reason: string): void {
    this.#refused.add(entry, reason);
    this.acknowledge(entry.sequence);
  }

  counts(): OutboxCounts {
    const spool = this.#spool.counts();
    const oldestAtMs = spool.oldestAtMs ?? this.#memory[0]?.atMs ?? null;
    return {
      ...spool,
      oldestAtMs,
      lostSamples: spool.lostSamples + this.#dropped,
      memorySamples: this.#memory.length,
      refusedSamples: this.#refused.count,
    };
  }

  tidy(nowMs: number): void {
    this.#spool.tidy(nowMs);
  }

  close(nowMs: number): void {
    this.flush(nowMs);
    this.#spool.close(nowMs);
  }
}
