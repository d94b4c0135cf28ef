import path from 'node:path';
import { readJsonFile, writeFileAtomically } from './atomic-file.ts';

/** Numbers reserved on disk at once, so that a tick needs no disk write. After a crash the rest of the block is skipped. */
export const SEQUENCE_BLOCK = 1000;

/**
 * The sample numbers of an installed agent: they only grow, also across restarts and crashes. A block is reserved on disk before its
 * first number is given out.
 */
export class SequenceCounter {
  readonly #file: string;
  #next: number;
  #reservedThrough: number;

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

  /** The next number. Writes to disk once per block. */
  next(): number {
    if (this.#next > this.#reservedThrough) this.#reserve(this.#next + SEQUENCE_BLOCK - 1);
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
    writeFileAtomically(this.#file, `${JSON.stringify({ reservedThrough: through })}\n`);
    this.#reservedThrough = through;
  }
}
