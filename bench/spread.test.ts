import { describe, expect, test } from 'vitest';
import { spreadOf } from './spread.ts';

describe('spreadOf', () => {
  test('of ten runs the p95 is the largest, of forty it is not', () => {
    expect(spreadOf([5, 1, 2, 3, 4, 6, 7, 8, 9, 100])).toEqual({ runs: 10, min: 1, median: 5, p95: 100, max: 100 });
    expect(spreadOf(Array.from({ length: 40 }, (_, index) => index + 1))?.p95).toBe(38);
  });

  test('is unknown without a run', () => {
    expect(spreadOf([])).toBeNull();
  });
});
