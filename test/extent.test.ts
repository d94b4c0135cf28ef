import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { casesOfTurn, isTakenIn, turnOf } from './extent.ts';
import type { Share } from './extent.ts';
import { SHARES, describeCase, faultCases } from './lab/fault-cases.ts';
import type { FaultKind } from './lab/fault-cases.ts';
import { ASYNC, REVERTING, planFor } from './simulator/shapes.ts';
import { STORIES, seedsOf } from './simulator/stories.ts';

const TURNS_OF_DAY = 4;
const ANY_TURN = fc.integer({ min: 0, max: 1_000_000 });
const ANY_SHARE = fc.record({ count: fc.integer({ min: 1, max: 5 }), everyDays: fc.constant(1), onDay: fc.constant(0) });

const REQUESTS = {
  switchover: [ASYNC, { kind: 'switchover', target: 'b' }],
  failover: [ASYNC, { kind: 'failover', target: 'b', fence: 'agent' }],
  reversion: [REVERTING, { kind: 'reversion', target: 'a', method: 'rewind', switchBack: false }],
  restore: [REVERTING, { kind: 'reversion', target: 'a', method: 'rewind', switchBack: false }],
  're-clone': [REVERTING, { kind: 'reversion', target: 'a', method: 're-clone', switchBack: false }],
} as const;

function casesOf(kind: FaultKind): string[] {
  const [shape, request] = REQUESTS[kind];
  return faultCases(kind, planFor(shape, request), 'b').map(describeCase);
}

/** All that is taken by runs at these turns. */
function taken<T>(cases: readonly T[], share: Share, turns: readonly number[]): Set<T> {
  return new Set(turns.filter((turn) => isTakenIn(share, turn)).flatMap((turn) => casesOfTurn(cases, share, turn)));
}

const days = (first: number, count: number): number[] => Array.from({ length: count }, (_, day) => first + day * TURNS_OF_DAY);

describe('the crash matrix goes round', () => {
  test.each(Object.keys(SHARES) as FaultKind[])('%s: a run each day takes every case of a real plan, and none twice before', (kind) => {
    const cases = casesOf(kind);
    const share = SHARES[kind];
    const whole = Math.ceil(cases.length / share.count) * share.everyDays;
    for (let hour = 0; hour < TURNS_OF_DAY; hour += 1) {
      const turns = days(80_000 + hour, whole);
      expect(taken(cases, share, turns)).toEqual(new Set(cases));
      const before = turns.slice(0, Math.floor(cases.length / share.count) * share.everyDays);
      expect(taken(cases, share, before).size).toBe(Math.floor(cases.length / share.count) * share.count);
    }
  });

  test('whatever the number of cases: all of them once a day at one hour, or in a quarter of the time at all four', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), ANY_SHARE, ANY_TURN, (length, share, turn) => {
        const cases = Array.from({ length }, (_, index) => index);
        expect(taken(cases, share, days(turn, Math.ceil(length / share.count))).size).toBe(length);
        const first = turn - (turn % TURNS_OF_DAY);
        const quarter = Math.ceil(Math.ceil(length / TURNS_OF_DAY) / share.count);
        const all = Array.from({ length: quarter * TURNS_OF_DAY }, (_, index) => first + index);
        expect(taken(cases, share, all).size).toBe(length);
      }),
    );
  });

  test('every run takes five', () => {
    for (const turn of days(80_000, 4)) {
      const shares = Object.values(SHARES).filter((share) => isTakenIn(share, turn));
      expect(shares.reduce((sum, { count }) => sum + count, 0)).toBe(5);
    }
  });

  test('two weeks of two runs a day take more than twelve at random once a day would', () => {
    const kinds = Object.keys(SHARES) as FaultKind[];
    const turns = days(80_000, 14).flatMap((turn) => [turn + 1, turn + 3]);
    const different = kinds.reduce((sum, kind) => sum + taken(casesOf(kind), SHARES[kind], turns).size, 0);
    const AT_RANDOM = { switchover: 4, failover: 3, reversion: 3, restore: 1, 're-clone': 1 };
    const atRandom = kinds.reduce((sum, kind) => {
      const { length } = casesOf(kind);
      return sum + length * (1 - (1 - AT_RANDOM[kind] / length) ** 14);
    }, 0);
    expect(different).toBeGreaterThan(atRandom);
  });
});

describe('seeds of the simulator', () => {
  test('about 2,000 in a run, all others in the next', () => {
    const seeds = STORIES.map((story) => seedsOf(story, false, 80_000));
    const count = seeds.flat().length;
    expect(count).toBeGreaterThanOrEqual(2_000);
    expect(count).toBeLessThan(2_000 + STORIES.length);
    for (const [index, story] of STORIES.entries()) {
      const next = new Set(seedsOf(story, false, 80_001));
      expect(seeds[index]?.some((seed) => next.has(seed))).toBe(false);
    }
  });

  test('in full: always the same 11,500', () => {
    expect(STORIES.flatMap((story) => seedsOf(story, true, 80_000))).toEqual(STORIES.flatMap((story) => seedsOf(story, true, 1)));
    expect(STORIES.flatMap((story) => seedsOf(story, true, 1))).toHaveLength(11_500);
  });
});

test('turnOf: the number that was asked for, else one more every six hours; what is no number is an error', () => {
  expect(turnOf('17', 0)).toBe(17);
  expect(turnOf(undefined, 6 * 3_600_000)).toBe(1);
  for (const wrong of ['today', '-1', '1.5']) expect(() => turnOf(wrong, 0)).toThrow('FARSHORE_TEST_TURN');
});
