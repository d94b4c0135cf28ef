import { expect, test } from 'vitest';
import { AHEAD_TOLERANCE_MS, ageMs, isYoungerThan } from './age.ts';

const NOW_MS = Date.parse('2026-12-01T12:00:00.000Z');
const at = (agoMs: number): string => new Date(NOW_MS - agoMs).toISOString();

test.each([
  ['no time', null, null],
  ['now', at(0), 0],
  ['three seconds ago', at(3_000), 3_000],
  ['ahead by as much as clocks differ', at(-AHEAD_TOLERANCE_MS), 0],
  ['further ahead: a clock was set', at(-AHEAD_TOLERANCE_MS - 1), null],
  ['ten minutes ahead', at(-600_000), null],
  ['no instant at all', 'yesterday', null],
  ['milliseconds', NOW_MS - 5, 5],
  ['not a number', Number.NaN, null],
] as const)('age of %s', (_what, given, age) => {
  expect(ageMs(given, NOW_MS)).toBe(age);
});

test('what is dated in the future, or not at all, is not young', () => {
  expect(isYoungerThan(at(9_999), 10_000, NOW_MS)).toBe(true);
  expect(isYoungerThan(at(10_001), 10_000, NOW_MS)).toBe(false);
  expect(isYoungerThan(at(-600_000), 10_000, NOW_MS)).toBe(false);
  expect(isYoungerThan(null, 10_000, NOW_MS)).toBe(false);
});
