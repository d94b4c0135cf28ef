import { expect, test } from 'vitest';
import { RequestRate } from './request-rate.ts';

test('a burst passes, then requests pass at the rate, and one node’s excess is not another’s', () => {
  const rate = new RequestRate<string>({ perSecond: 10, burst: 3 });
  expect([0, 0, 0].map(() => rate.take('noisy', 0))).toEqual([0, 0, 0]);
  expect(rate.take('noisy', 0)).toBe(100);
  expect(rate.take('quiet', 0)).toBe(0);
  expect(rate.take('noisy', 100)).toBe(0);
  expect(rate.take('noisy', 100)).toBeGreaterThan(0);
});

test('a clock that jumps back gives nothing away and takes nothing', () => {
  const rate = new RequestRate<string>({ perSecond: 1, burst: 2 });
  expect(rate.take('node', 1000)).toBe(0);
  expect(rate.take('node', 0)).toBe(0);
  expect(rate.take('node', 0)).toBeGreaterThan(0);
});
