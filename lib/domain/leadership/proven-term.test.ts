import { expect, test } from 'vitest';
import { TERMS_AHEAD_MAX, provenTerm, witnessedTerm } from './proven-term.ts';

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

test.each([
  ['nobody is seen', [], 5],
  ['one agent alone, however often', [{ termSeen: 55, isHolder: false }], 5],
  [
    'one agent beside others that know less',
    [
      { termSeen: 9, isHolder: false },
      { termSeen: 6, isHolder: false },
    ],
    6,
  ],
  [
    'the agent of the holder',
    [
      { termSeen: 9, isHolder: true },
      { termSeen: 5, isHolder: false },
    ],
    9,
  ],
  [
    'two agents',
    [
      { termSeen: 8, isHolder: false },
      { termSeen: 8, isHolder: false },
    ],
    8,
  ],
  [
    'two far beyond',
    [
      { termSeen: 900, isHolder: false },
      { termSeen: 900, isHolder: true },
    ],
    5,
  ],
] as const)('on its own the controller believes: %s', (_what, seen, term) => {
  expect(witnessedTerm(5, seen)).toBe(term);
});
