import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { InvariantBroken, ONLY_WAITS, brokenInvariants, holds, isWait } from './invariant.ts';

const directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-invariant-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('an invariant', () => {
  test('that holds leaves nothing', () => {
    const record = path.join(directory, 'none.jsonl');
    holds('one is one', () => expect(1).toBe(1), record);
    expect(brokenInvariants(record)).toEqual([]);
  });

  test('that is broken stands on record, also when somebody catches the error', () => {
    const record = path.join(directory, 'deeper', 'broken.jsonl');
    const lost = { count: 2, first: [7] };
    expect(() => holds('no acknowledged row is lost', () => expect(lost).toEqual({ count: 0, first: [] }), record)).toThrow(
      InvariantBroken,
    );
    try {
      holds('one primary at a time', () => expect(['a', 'b'].length).toBeLessThan(2), record);
    } catch {
      // As a test that continues does.
    }
    expect(brokenInvariants(record)).toMatchObject([
      { invariant: 'no acknowledged row is lost', reason: expect.stringMatching(/^Broken: no acknowledged row is lost\. expected/) },
      { invariant: 'one primary at a time', where: expect.stringMatching(/^test\/invariant\.test\.ts:\d+$/) },
    ]);
  });
});

describe('a second attempt', () => {
  test.each([
    'Waited 60 s for the controller to die with all promises given, without success. switchover …',
    'Waited 25 s (10 s, times 2.5 for this machine) without success for: the server to stop',
    'one writable node, and everybody else streaming: not within 40 s. payments is now: …',
    'The web application’s answer on http://127.0.0.1:1 did not happen within 30 s',
    'Test timed out in 120000ms.',
    'Hook timed out in 180000ms.',
    'Timed out 15000ms waiting for expect(locator).toBeVisible()',
    'expect(locator).toBeVisible() failed\n\nLocator: x\nTimeout: 15000ms\nError: element(s) not found',
    'locator.click: Timeout 20000ms exceeded.',
    'pg_basebackup -D was killed (deadline 120 s): …',
  ])('for a wait: %s', (message) => {
    expect(isWait(message)).toBe(true);
    expect(ONLY_WAITS.test(message)).toBe(true);
  });

  test.each([
    'expected { count: 1, first: [ 3 ] } to deeply equal { count: 0, first: [] }',
    'Broken: one primary at a time. expected 2 to be less than 2',
    'Broken: no row is lost. Waited 60 s for it, without success.',
    'switchover ended as failed: …',
    '',
  ])('not for anything else: %s', (message) => {
    expect(isWait(message)).toBe(false);
    expect(ONLY_WAITS.test(message)).toBe(false);
  });
});
