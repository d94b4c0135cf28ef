/** Sets samples that the controller refused for good aside, with its reason, for people: bounded, and counted. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readJsonFile } from './atomic-file.ts';
import type { SpoolEntry } from './spool.ts';

/** A fault repeats itself: what is kept is enough to see of what kind it is. */
export const REFUSED_KEPT_MAX = 50;
const SAMPLE_FILE = /^\d{16}\.json$/;
const COUNT_FILE = 'count.json';

/** How many were refused ever, for a look beside a running agent. */
export function readRefusedCount(directory: string): number {
  const stored = readJsonFile(path.join(directory, COUNT_FILE)) as { refused?: unknown } | null;
  return typeof stored?.refused === 'number' ? stored.refused : 0;
}

export class RefusedSamples {
  readonly #directory: string;
  #count: number;
  #stored: boolean;

  constructor(directory: string) {
    this.#directory = directory;
    this.#count = readRefusedCount(directory);
    this.#stored = existsSync(directory);
  }

  /** Refused since this agent was installed, or since a person removed the directory. */
  get count(): number {
    if (this.#stored && !existsSync(this.#directory)) {
      this.#count = 0;
      this.#stored = false;
    }
    return this.#count;
  }

  /** Never throws: on a full disk the sample is only counted. */
  add(entry: SpoolEntry, reason: string): void {
    this.#count = this.count + 1;
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      const name = `${String(entry.sequence).padStart(16, '0')}.json`;
      writeFileSync(path.join(this.#directory, name), `${JSON.stringify({ reason, sample: entry.json })}\n`, { mode: 0o600 });
      writeFileSync(path.join(this.#directory, COUNT_FILE), `${JSON.stringify({ refused: this.#count })}\n`, { mode: 0o600 });
      this.#stored = true;
    } catch {
      // The count goes to the controller with the next sample.
    }
    this.#dropOldest();
  }

  #dropOldest(): void {
    if (!existsSync(this.#directory)) return;
    const kept = readdirSync(this.#directory)
      .filter((name) => SAMPLE_FILE.test(name))
      .sort();
    for (const name of kept.slice(0, Math.max(0, kept.length - REFUSED_KEPT_MAX)))
      rmSync(path.join(this.#directory, name), { force: true });
  }
}
