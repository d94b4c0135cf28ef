import path from 'node:path';
import { readJsonFile, writeFileIfPossible } from './atomic-file.ts';

/** Numbers reserved on disk at once, so that a tick needs no disk write. After a crash the rest of the block is skipped. */
export const SEQUENCE_BLOCK = 1000;
/** A reservation that failed is tried again after so many numbers. */
const RESERVE_AGAIN_AFTER = 60;

/**
 * The sample numbers of an installed agent: they only grow, also across restarts and crashes. A block is reserved on disk before its
 * first number is given out.
 */
export class SequenceCounter {
  readonly #file: string;
  #next: number;
  #reservedThrough: number;
  #reserveAgainAt = 0;

  /**
   * @param nowMs Wall clock. A first start begins at the seconds since 1970, not at 1: when the state directory was lost and the node
   * joins again, its new samples must not carry numbers that the controller already holds.
   */
  constructor(stateDirectory: string, nowMs: number) {
    this.#file = path.join(stateDirectory, 'sequence.json');
    const stored = readJsonFile(this.#file) as { reservedThrough?: unknown } | null;
    const last =
      typeof stored?.reservedThrough === 'number' && Number.isSafeInteger(stored.reservedThrough) ? stored.reservedThrough : null;
    this.#reservedThrough = last ?? Math.floor(nowMs / 1000);
    this.#next = this.#reservedThrough + 1;
  }

  /**
   * The next number. Writes to disk once per block. While the disk is full it counts on in memory: should a restart give numbers out again,
   * the controller answers with the highest that it holds, and the agent goes past it.
   */
  next(): number {
    if (this.#next > this.#reservedThrough && this.#next >= this.#reserveAgainAt) this.#reserve(this.#next + SEQUENCE_BLOCK - 1);
    return this.#next++;
  }

  /** The number given out last; 0 before the first. */
  get last(): number {
    return this.#next - 1;
  }

  /**
   * Goes past `sequence`, when that is further. Needed when the state directory was lost and the controller already holds higher
   * numbers of this node: it would take new samples for repeated ones.
   */
  skipPast(sequence: number): boolean {
    if (sequence < this.#next) return false;
    this.#next = sequence + 1;
    this.#reserve(this.#next + SEQUENCE_BLOCK - 1);
    return true;
  }

  /** Gives back the unused rest of the block, so that a planned restart leaves no hole. */
  close(): void {
    this.#reserve(this.#next - 1);
  }

  #reserve(through: number): void {
    if (writeFileIfPossible(this.#file, `${JSON.stringify({ reservedThrough: through })}\n`)) this.#reservedThrough = through;
    else this.#reserveAgainAt = this.#next + RESERVE_AGAIN_AFTER;
  }
}
