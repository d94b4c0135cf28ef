import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { LastRewindTest } from './last-rewind-test.ts';

test('what was found is known after a restart of the agent, for that directory alone', () => {
  const state = mkdtempSync(path.join(tmpdir(), 'farshore-rewind-test-'));
  try {
    const before = new LastRewindTest(state);
    expect(before.recall('/data')).toBeNull();
    before.note('/data', ['pg_rewind is missing.']);
    before.note('/data', []);
    const after = new LastRewindTest(state);
    expect(after.recall('/data')).toEqual([]);
    expect(after.recall('/other')).toBeNull();
    expect(after.recall(null)).toBeNull();
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
});
