/** Looks whether the state directory can be written, and says so: in each sample, and as an obstacle to acting. */
import { rmSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { codeOf, messageOf } from '../../lib/runtime/error-message.ts';
import { writeFileAtomically } from './atomic-file.ts';

const LOOK_INTERVAL_MS = 10_000;
/** The write that proves it costs two fsyncs: seldom, but at each look while there is a problem. */
const PROBE_INTERVAL_MS = 60_000;
/** Less than this holds no journal entry with its result; the next one would be refused. */
export const STATE_FREE_BYTES_MIN = 256 * 1024;
const FULL_CODES: readonly unknown[] = ['ENOSPC', 'EDQUOT'];

export const isFull = (error: unknown): boolean => FULL_CODES.includes(codeOf(error));

export class StateDirectory {
  readonly #directory: string;
  readonly #onChanged: (problem: string | null) => void;
  #problem: string | null = null;
  #probedAtMs = -Infinity;
  #timer: NodeJS.Timeout | null = null;

  constructor(directory: string, onChanged: (problem: string | null) => void) {
    this.#directory = directory;
    this.#onChanged = onChanged;
  }

  /** A sentence with what to do; `null` = it can be written. */
  get problem(): string | null {
    return this.#problem;
  }

  start(): void {
    void this.look();
    this.#timer = setInterval(() => void this.look(), LOOK_INTERVAL_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Never throws. */
  async look(): Promise<void> {
    const problem = (await this.#room()) ?? this.#probe();
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#onChanged(problem);
  }

  async #room(): Promise<string | null> {
    try {
      const { bavail, bsize } = await statfs(this.#directory);
      return bavail * bsize < STATE_FREE_BYTES_MIN ? this.#sentence(`it has ${Math.floor((bavail * bsize) / 1024)} kB left`) : null;
    } catch (error) {
      return this.#sentence(messageOf(error));
    }
  }

  #probe(): string | null {
    const nowMs = performance.now();
    if (this.#problem === null && nowMs - this.#probedAtMs < PROBE_INTERVAL_MS) return null;
    this.#probedAtMs = nowMs;
    const file = path.join(this.#directory, 'probe');
    try {
      writeFileAtomically(file, 'x'.repeat(4096));
      rmSync(file, { force: true });
      return null;
    } catch (error) {
      return this.#sentence(messageOf(error));
    }
  }

  #sentence(why: string): string {
    return (
      `The agent's state directory ${this.#directory} cannot be written: ${why}. Free space on that volume. ` +
      'Until then commands are refused, and samples wait in memory only.'
    );
  }
}
