/** States what must hold on every machine, however slow: a test that finds it broken has failed for good, and with it the run (docs/decisions/0018). */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../lib/runtime/error-message.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
/** One JSON object a line. Emptied with its directory when `npm test` begins. */
const RECORD = path.join(ROOT, '.test-output', 'broken-invariants.jsonl');

/** Messages of a wait that was given up: of the lab, of tests, of Vitest and of Playwright. */
const WAITED = /\bwithout success\b|: not within [\d.]+ s|did not happen within|\btimed out\b|\btimeout\b|was killed \(deadline/i;

export interface BrokenInvariant {
  invariant: string;
  /** In the words of the assertion. */
  reason: string;
  /** File and line of the test that states it. */
  where: string;
}

export class InvariantBroken extends Error {
  constructor(invariant: string, reason: string) {
    super(`Broken: ${invariant}. ${reason}`);
    this.name = 'InvariantBroken';
  }
}

/** Runs assertions about what must always hold. A broken one is recorded, even if a test catches the error. @throws {InvariantBroken} */
export function holds(invariant: string, assertions: () => void, record = RECORD): void {
  try {
    assertions();
  } catch (error) {
    const broken = new InvariantBroken(invariant, messageOf(error));
    const [, file] = /(\/[^\s()]+[.](?:test|spec)[.]ts:\d+)/.exec(broken.stack ?? '') ?? [];
    const where = file === undefined ? 'unknown' : path.relative(ROOT, file);
    mkdirSync(path.dirname(record), { recursive: true });
    appendFileSync(record, `${JSON.stringify({ invariant, reason: broken.message, where } satisfies BrokenInvariant)}\n`);
    throw broken;
  }
}

/** Only a wait may be tried a second time: what was asserted and is not so stays a failure. */
export function isWait(message: string): boolean {
  return WAITED.test(message) && !message.startsWith('Broken: ');
}

/** The same for Vitest, which takes a pattern for the message. */
export const ONLY_WAITS = new RegExp(`^(?!Broken: )[\\s\\S]*(?:${WAITED.source})`, 'i');

export function brokenInvariants(record = RECORD): BrokenInvariant[] {
  if (!existsSync(record)) return [];
  return readFileSync(record, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BrokenInvariant);
}
