import { describe, expect, test } from 'vitest';
import { Acknowledgements, missingFrom } from './acknowledgements.ts';

describe('acknowledgements', () => {
  test('tells the longest time without one, and when it was', () => {
    const list = new Acknowledgements(0);
    for (const [number, atMs] of [
      [1, 10],
      [2, 20],
      [4, 150],
      [5, 160],
    ] as const)
      list.add(number, atMs);
    expect(list.report(165)).toMatchObject({ count: 4, largestGapMs: 130, gapBeganAtMs: 20, gapEndedAtMs: 150, lastAtMs: 160 });
    expect(list.report(165).acknowledged).toEqual([
      [1, 2],
      [4, 5],
    ]);
  });

  test('counts a gap that still lasts, also over a mark', () => {
    const list = new Acknowledgements(0);
    list.add(1, 10);
    list.mark(60);
    expect(list.report(100)).toMatchObject({ count: 0, largestGapMs: 90, gapBeganAtMs: 10, gapEndedAtMs: null });
    list.add(2, 120);
    expect(list.report(121)).toMatchObject({ count: 1, largestGapMs: 110, gapEndedAtMs: 120 });
  });

  test('finds what is missing', () => {
    expect(missingFrom([[1, 5]], new Set([1, 2, 5]), 1)).toEqual({ count: 2, first: [3] });
  });
});
