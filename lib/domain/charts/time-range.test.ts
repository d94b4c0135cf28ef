import { describe, expect, test } from 'vitest';
import {
  RANGE_MAX_MS,
  boundsOrNull,
  isReadable,
  parseTimeRange,
  rangeBounds,
  rangeSearch,
  rangeWords,
  refreshIntervalMs,
  isShortest,
  shiftRange,
  zoomIn,
  zoomOut,
} from './time-range.ts';
import type { TimeRange } from './time-range.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 12);
const HOUR_MS = 3_600_000;
const fixed = (fromMs: number, toMs: number): TimeRange => ({ kind: 'fixed', fromMs, toMs });
const parse = (search: string) => {
  const query = new URLSearchParams(search);
  return parseTimeRange({ range: query.get('range'), from: query.get('from'), to: query.get('to') });
};

describe('the address', () => {
  test.each(['15m', '1h', '6h', '24h', '7d', '30d', '90d'])('range=%s follows now', (key) => {
    expect(parse(`range=${key}`)).toEqual({ kind: 'live', key });
    expect(rangeSearch(parse(`range=${key}`))).toBe(`range=${key}`);
  });

  test('from and to stay, and survive the way through the address', () => {
    const range = fixed(NOW_MS - 2 * HOUR_MS, NOW_MS - HOUR_MS);
    expect(parse(rangeSearch(range))).toEqual(range);
  });

  test('from after to is meant the other way round', () => {
    expect(parse('from=2026-11-21T12:00:00Z&to=2026-11-21T11:00:00Z')).toEqual(fixed(NOW_MS - HOUR_MS, NOW_MS));
  });

  test.each([
    ['nothing', ''],
    ['an unknown word', 'range=yesterday'],
    ['no time', 'from=soon&to=later'],
    ['one end only', 'from=2026-11-21T12:00:00Z'],
    ['no length', 'from=2026-11-21T12:00:00Z&to=2026-11-21T12:00:00Z'],
    ['ten years', 'from=2016-11-21T12:00:00Z&to=2026-11-21T12:00:00Z'],
    ['hostile text', 'range=%3Cscript%3E'],
  ])('%s is the default range', (_what, search) => {
    expect(parse(search)).toEqual({ kind: 'live', key: '1h' });
  });
});

describe('bounds', () => {
  test('a live range ends now', () => {
    expect(rangeBounds({ kind: 'live', key: '6h' }, NOW_MS)).toEqual({ fromMs: NOW_MS - 6 * HOUR_MS, toMs: NOW_MS });
  });

  test('too short, too long and not a number are none', () => {
    expect(boundsOrNull(NOW_MS, NOW_MS + 10)).toBeNull();
    expect(boundsOrNull(0, RANGE_MAX_MS + 1)).toBeNull();
    expect(boundsOrNull(Number.NaN, NOW_MS)).toBeNull();
  });

  test('the server reads neither the far future nor the distant past', () => {
    expect(isReadable({ fromMs: NOW_MS - HOUR_MS, toMs: NOW_MS }, NOW_MS)).toBe(true);
    expect(isReadable({ fromMs: NOW_MS, toMs: NOW_MS - HOUR_MS }, NOW_MS)).toBe(false);
    expect(isReadable({ fromMs: NOW_MS, toMs: NOW_MS + 9 * HOUR_MS }, NOW_MS)).toBe(false);
    expect(isReadable({ fromMs: 0, toMs: HOUR_MS }, NOW_MS)).toBe(false);
  });
});

describe('moving', () => {
  test('earlier than a live range is a fixed one of the same length', () => {
    expect(shiftRange({ kind: 'live', key: '1h' }, NOW_MS, -1)).toEqual(fixed(NOW_MS - 2 * HOUR_MS, NOW_MS - HOUR_MS));
  });

  test('later up to now follows now again where a preset has the length', () => {
    expect(shiftRange(fixed(NOW_MS - 2 * HOUR_MS, NOW_MS - HOUR_MS), NOW_MS, 1)).toEqual({ kind: 'live', key: '1h' });
    expect(shiftRange(fixed(NOW_MS - 3 * HOUR_MS, NOW_MS - HOUR_MS), NOW_MS, 1)).toEqual(fixed(NOW_MS - 2 * HOUR_MS, NOW_MS));
  });

  test('zooming in goes to the shorter preset, then to the newest half, then halves around the middle', () => {
    expect(zoomIn({ kind: 'live', key: '6h' }, NOW_MS)).toEqual({ kind: 'live', key: '1h' });
    expect(zoomIn({ kind: 'live', key: '15m' }, NOW_MS)).toEqual(fixed(NOW_MS - 450_000, NOW_MS));
    expect(zoomIn(fixed(NOW_MS - 7 * HOUR_MS, NOW_MS - 3 * HOUR_MS), NOW_MS)).toEqual(fixed(NOW_MS - 6 * HOUR_MS, NOW_MS - 4 * HOUR_MS));
    const shortest = zoomIn(fixed(NOW_MS - 40_000, NOW_MS), NOW_MS);
    expect([shortest, isShortest(shortest)]).toEqual([fixed(NOW_MS - 35_000, NOW_MS - 5_000), true]);
  });

  test('zooming out goes to the next preset, or doubles around the middle', () => {
    expect(zoomOut({ kind: 'live', key: '1h' }, NOW_MS)).toEqual({ kind: 'live', key: '6h' });
    expect(zoomOut({ kind: 'live', key: '90d' }, NOW_MS)).toEqual({ kind: 'live', key: '90d' });
    expect(zoomOut(fixed(NOW_MS - 6 * HOUR_MS, NOW_MS - 4 * HOUR_MS), NOW_MS)).toEqual(fixed(NOW_MS - 7 * HOUR_MS, NOW_MS - 3 * HOUR_MS));
    expect(zoomOut(fixed(NOW_MS - RANGE_MAX_MS, NOW_MS - HOUR_MS), NOW_MS)).toMatchObject({ kind: 'fixed' });
  });
});

test('a longer range is read less often, a fixed one never again', () => {
  expect(refreshIntervalMs({ kind: 'live', key: '15m' })).toBe(5_000);
  expect(refreshIntervalMs({ kind: 'live', key: '24h' })).toBe(60_000);
  expect(refreshIntervalMs({ kind: 'live', key: '90d' })).toBe(300_000);
  expect(refreshIntervalMs(fixed(0, HOUR_MS))).toBeNull();
});

test('in words', () => {
  expect(rangeWords({ kind: 'live', key: '7d' })).toBe('last 7 d');
  expect(rangeWords(fixed(0, 2 * HOUR_MS + 300_000))).toBe('2 h 5 min');
});
