import { expect, test } from 'vitest';
import { TERMS_AHEAD_MAX, provenTerm } from './proven-term.ts';

test.each([
  ['nobody is seen', 5, [], 5],
  ['all agree', 5, [5, 5], 5],
  ['agents that are behind', 5, [3, 0], 5],
  ['a record from a backup', 5, [8, 7], 8],
  ['as far as is believed', 5, [5 + TERMS_AHEAD_MAX], 5 + TERMS_AHEAD_MAX],
  ['a claim beyond that, beside one that is believed', 5, [6, 2_000_000_000], 6],
] as const)('%s', (_what, record, seen, proven) => {
  expect(provenTerm(record, seen)).toBe(proven);
});
