import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chartPoints, condense, extremes, gapsOf } from './series.ts';
import type { Series } from './series.ts';
import { timeTicks, valueTicks } from './ticks.ts';
import type { ValueUnit } from './ticks.ts';

const HOUR_MS = 3_600_000;
const aSeries = (over: Partial<Series> = {}): Series => ({
  fromMs: 0,
  toMs: 50,
  bucketMs: 10,
  tier: 10,
  atMs: [0, 10, 20, 30, 40],
  values: { lagMs: { min: [1, null, 0, 4, 5], max: [3, null, 0, 9, 5], last: [2, null, 0, 5, 5] } },
  dataSinceMs: 0,
  ...over,
});

describe('points', () => {
  test('a line with a band, and a gap that stays a gap', () => {
    expect(chartPoints(aSeries(), 'lagMs', 'last')).toEqual([
      { atMs: 0, line: 2, band: [1, 3] },
      { atMs: 10, line: null, band: null },
      { atMs: 20, line: 0, band: [0, 0] },
      { atMs: 30, line: 5, band: [4, 9] },
      { atMs: 40, line: 5, band: [5, 5] },
    ]);
  });

  test('where no newest value is kept, the line is the highest', () => {
    const series = aSeries({ values: { commitMs: { min: [null], max: [7], last: [null] } }, atMs: [0] });
    expect(chartPoints(series, 'commitMs', 'last')).toEqual([{ atMs: 0, line: 7, band: null }]);
  });

  test('a metric that was not read is unknown everywhere', () => {
    expect(chartPoints(aSeries(), 'dataFreeBytes', 'min').every(({ line, band }) => line === null && band === null)).toBe(true);
    expect(extremes(aSeries(), 'dataFreeBytes')).toBeNull();
  });

  test('the extremes are those of the samples, not of the line', () => {
    expect(extremes(aSeries(), 'lagMs')).toEqual({ min: 0, max: 9 });
  });
});

test('gaps are joined, and of many the longest stay', () => {
  const points = [true, false, false, true, false, true, false, false, false].map((known, index) => ({ atMs: index * 10, known }));
  expect(gapsOf(points, 10, 9)).toEqual([
    [10, 30],
    [40, 50],
    [60, 90],
  ]);
  expect(gapsOf(points, 10, 2)).toEqual([
    [10, 30],
    [60, 90],
  ]);
});

describe('a table of the same', () => {
  test('keeps the highest and the unknown', () => {
    expect(condense(aSeries(), 'lagMs', 3)).toEqual([
      { atMs: 0, min: 1, max: 3, last: 2 },
      { atMs: 20, min: 0, max: 9, last: 5 },
      { atMs: 40, min: 5, max: 5, last: 5 },
    ]);
    expect(condense(aSeries({ atMs: [10], values: {} }), 'lagMs', 3)).toEqual([{ atMs: 10, min: null, max: null, last: null }]);
  });
});

describe('value ticks', () => {
  test.each<[number, ValueUnit, number[]]>([
    [0, 'bytes', [0, 1024]],
    [3 * 1024 ** 2, 'bytes', [0, 1, 2, 3].map((mb) => mb * 1024 ** 2)],
    [1300, 'durationMs', [0, 500, 1000, 1500]],
    [90_000, 'durationMs', [0, 30_000, 60_000, 90_000]],
    [60, 'count', [0, 20, 40, 60]],
  ])('%d %s', (max, unit, ticks) => {
    expect(valueTicks(max, unit)).toEqual(ticks);
  });

  test('nothing known still has an axis', () => {
    expect(valueTicks(null, 'count')).toEqual([0, 4]);
  });

  test('few, from 0 to at least the highest value', () => {
    const units = fc.constantFrom<ValueUnit>('bytes', 'bytesPerSecond', 'durationMs', 'count');
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e15, noNaN: true }), units, (max, unit) => {
        const ticks = valueTicks(max, unit);
        expect(ticks[0]).toBe(0);
        expect(ticks.length).toBeLessThanOrEqual(5);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(max);
      }),
    );
  });
});

describe('time ticks', () => {
  const NOON_MS = Date.UTC(2026, 10, 21, 12);

  test('stand at round times', () => {
    expect(timeTicks(NOON_MS + 60_000, NOON_MS + HOUR_MS, 6, () => 0).map((at) => (at - NOON_MS) / 60_000)).toEqual([
      10, 20, 30, 40, 50, 60,
    ]);
  });

  test('days begin where the viewer’s do, also when the clocks change', () => {
    // As in central Europe: two hours ahead until the change, one after it.
    const changeMs = Date.UTC(2026, 9, 25, 1);
    const offset = (atMs: number) => (atMs < changeMs ? 2 : 1) * HOUR_MS;
    const ticks = timeTicks(Date.UTC(2026, 9, 23, 22), Date.UTC(2026, 9, 27, 23), 7, offset);
    expect(ticks.map((at) => new Date(at + offset(at)).getUTCHours())).toEqual(ticks.map(() => 0));
    expect(ticks).toHaveLength(5);
  });

  test('are bounded and inside, for any period', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e12 }),
        fc.integer({ min: 1, max: 7e10 }),
        fc.integer({ min: 1, max: 12 }),
        (from, length, most) => {
          const ticks = timeTicks(from, from + length, most, () => 0);
          expect(ticks.length).toBeLessThanOrEqual(most + 1);
          expect(ticks.every((at) => at >= from && at <= from + length)).toBe(true);
        },
      ),
    );
  });
});
