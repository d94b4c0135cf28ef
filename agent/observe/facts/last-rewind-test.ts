/** Keeps the result of the last pg_rewind test on disk: it is asked for when the server is down and can't be tested. */
import path from 'node:path';
import { z } from 'zod';
import { readJsonFile, writeFileAtomically } from '../../journal/atomic-file.ts';

const Kept = z.object({ dataDirectory: z.string(), obstacles: z.array(z.string()) });

export class LastRewindTest {
  readonly #file: string;
  #kept: z.infer<typeof Kept> | null;

  constructor(stateDirectory: string) {
    this.#file = path.join(stateDirectory, 'rewind-test.json');
    this.#kept = Kept.safeParse(readJsonFile(this.#file)).data ?? null;
  }

  /** Writes only what is new. Throws when the file can't be written. */
  note(dataDirectory: string, obstacles: readonly string[]): void {
    const now = { dataDirectory, obstacles: [...obstacles] };
    if (JSON.stringify(now) === JSON.stringify(this.#kept)) return;
    this.#kept = now;
    writeFileAtomically(this.#file, `${JSON.stringify(now)}\n`);
  }

  /** `null` = this directory was never tested. */
  recall(dataDirectory: string | null): string[] | null {
    return this.#kept !== null && this.#kept.dataDirectory === dataDirectory ? this.#kept.obstacles : null;
  }
}
