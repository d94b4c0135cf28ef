/**
 * A Byzantine agent: it lies about role, term, timeline, position, fences and writes, over every seed. While the primary is healthy and seen it
 * is never fenced, and leadership moves to no liar. A seed that fails runs again alone: SIMULATOR_SEED=123 npx vitest run test/simulator/byzantine
 */
import { expect, test } from 'vitest';
import { IS_WHOLE, TURN } from '../extent.ts';
import { lieAndWatch } from './byzantine.ts';
import type { Credulity } from './byzantine.ts';

const RUNS = 2_000;
const OF_A_TURN = 300;
const seeds = (): number[] => {
  const asked = process.env['SIMULATOR_SEED'];
  if (asked !== undefined) return [Number(asked)];
  const [count, first] = IS_WHOLE ? [RUNS, 1] : [OF_A_TURN, TURN * OF_A_TURN + 1];
  return Array.from({ length: count }, (_unused, index) => first + index);
};

test('one agent that lies moves no leadership, has no healthy primary fenced and burns no term', { timeout: 600_000 }, () => {
  const taken = seeds();
  const told = taken.map((seed) => ({ seed, ...lieAndWatch(seed) }));
  expect(told.flatMap(({ seed, violations }) => violations.map((what) => `seed ${seed}: ${what}`))).toEqual([]);
  if (taken.length === 1) return;
  // Without lies that were told, and honest promotions that were followed, nothing would be shown.
  expect(told.filter(({ refused }) => refused > 0).length).toBeGreaterThan(taken.length * 0.9);
  expect(told.filter(({ honest }) => honest.adopted).length).toBeGreaterThan(0);
});

test.each(['believes-claims', 'believes-fences', 'believes-terms', 'believes-positions'] as const satisfies readonly Credulity[])(
  'a controller that %s is found out',
  (credulity) => {
    const found = Array.from({ length: 40 }, (_unused, index) => lieAndWatch(index + 1, credulity)).filter(
      ({ violations }) => violations.length > 0,
    );
    expect(found.length).toBeGreaterThan(0);
  },
);
