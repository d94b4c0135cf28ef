import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAge, formatBoundSeconds, formatDuration, formatMinutes, formatSeconds } from './duration.ts';
import { formatEvidence, formatEvidenceKey } from './evidence.ts';
import { formatBytes, formatBytesPerSecond, formatCount, formatLsnText, formatPercent } from './quantity.ts';

const GB = 1024 ** 3;

describe('bytes', () => {
  test.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [1023, '1023 bytes'],
    [1024, '1 kB'],
    [1434, '1.4 kB'],
    [13_526_630, '12.9 MB'],
    [640 * 1024 ** 2, '640 MB'],
    [1024 ** 2 - 1, '1 MB'],
    [1.26 * GB, '1.3 GB'],
    [-2048, '-2 kB'],
    [null, 'unknown'],
    [Number.NaN, 'unknown'],
  ])('%s → %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  test('no unit ever shows 1024 or more of itself', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 2 ** 59, noNaN: true }), (bytes) => Number.parseFloat(formatBytes(bytes)) < 1024));
  });

  test('rates', () => {
    expect(formatBytesPerSecond(128)).toBe('128 bytes/s');
    expect(formatBytesPerSecond(null)).toBe('unknown');
  });
});

describe('durations', () => {
  test.each([
    [0, '0 ms'],
    [340, '340 ms'],
    [999.6, '1 s'],
    [1200, '1.2 s'],
    [9_960, '10 s'],
    [14_000, '14 s'],
    [59_700, '1 min'],
    [200_000, '3 min 20 s'],
    [3_599_900, '1 h'],
    [2 * 3_600_000 + 5 * 60_000, '2 h 5 min'],
    [3 * 86_400_000 + 4 * 3_600_000, '3 d 4 h'],
    [86_399_999, '1 d'],
    [-1200, '-1.2 s'],
    [null, 'unknown'],
  ])('%s ms → %s', (durationMs, text) => expect(formatDuration(durationMs)).toBe(text));

  test('never sixty of a smaller unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 * 86_400_000 }), (durationMs) => !/\b60 (s|min)|\b24 h/.test(formatDuration(durationMs))),
    );
  });

  test('seconds and minutes', () => {
    expect(formatSeconds(0.4)).toBe('400 ms');
    expect(formatMinutes(90)).toBe('1 h 30 min');
    expect(formatSeconds(null)).toBe('unknown');
    expect(formatMinutes(null)).toBe('unknown');
  });

  test('ages', () => {
    const nowMs = Date.parse('2026-11-20T12:00:00Z');
    expect(formatAge('2026-11-20T11:59:46Z', nowMs)).toBe('seen 14 s ago');
    expect(formatAge('2026-11-20T12:00:00.400Z', nowMs)).toBe('seen just now');
    expect(formatAge(null, nowMs)).toBe('never seen');
    expect(formatAge('nonsense', nowMs)).toBe('unknown');
  });
});

test('percent, counts and positions', () => {
  expect([formatPercent(0.031), formatPercent(0.256), formatPercent(1), formatPercent(null)]).toEqual([
    '3.1 %',
    '26 %',
    '100 %',
    'unknown',
  ]);
  expect([formatCount(1234567), formatCount(null)]).toEqual(['1,234,567', 'unknown']);
  expect([formatLsnText('0/30707e0'), formatLsnText(null)]).toEqual(['0/30707E0', 'unknown']);
});

test('evidence reads the same everywhere', () => {
  expect(formatEvidence({ kind: 'bytes', value: 1024 })).toBe('1 kB');
  expect(formatEvidence({ kind: 'durationMs', value: null })).toBe('unknown');
  expect(formatEvidence({ kind: 'text', value: null })).toBe('unknown');
  expect(formatEvidence({ kind: 'instant', value: '2026-11-20T12:00:00.000Z' })).toBe('2026-11-20T12:00:00.000Z');
  expect(formatEvidenceKey('untilDiskFullAtP95')).toBe('until disk full at p95');
});

describe('bounds', () => {
  test.each([
    [0, '1 s'],
    [0.13, '1 s'],
    [1, '1 s'],
    [1.02, '2 s'],
    [59.1, '1 min'],
    [65.3, '1 min 6 s'],
    [3_600.5, '1 h 1 min'],
    [7_201, '2 h 1 min'],
    [null, 'unknown'],
    [Number.NaN, 'unknown'],
  ])('%s s is shown as at most %s: rounded up, never below what was measured', (seconds, words) => {
    expect(formatBoundSeconds(seconds)).toBe(words);
  });
});
