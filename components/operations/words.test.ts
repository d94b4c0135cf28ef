import { expect, test } from 'vitest';
import { stepWord } from './words.ts';

test('a cancelled step is not called failed', () => {
  const failure = { kind: 'partial' as const, code: 'cancelled', reason: 'It was cancelled on request.' };
  expect(stepWord({ status: 'failed', failure })).toEqual({ word: 'cancelled', tone: 'unknown' });
  expect(stepWord({ status: 'failed', failure: { ...failure, code: 'deadline' } })).toEqual({ word: 'failed', tone: 'bad' });
  expect(stepWord({ status: 'undo-failed', failure }).word).toBe('rollback failed');
});
