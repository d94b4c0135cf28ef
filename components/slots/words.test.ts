import { describe, expect, test } from 'vitest';
import type { SlotRow, VolumeRow } from '../../lib/domain/slots/board.ts';
import { forecastPairWords, slotState, volumeForecastWords, volumeTone, walStatusWord } from './words.ts';

const minutes = (value: number) => ({ kind: 'minutes' as const, minutes: value });
const slot = (overrides: Partial<SlotRow> = {}) => ({ use: 'feeding', severity: null, ...overrides }) as SlotRow;
const volume = (overrides: Partial<VolumeRow> = {}): VolumeRow => ({
  holds: ['wal'],
  mountPoint: '/wal',
  sizeBytes: 100,
  freeBytes: 50,
  severity: null,
  takesWal: true,
  keeps: 'released',
  untilFull: { present: minutes(90), p95: minutes(30) },
  ...overrides,
});

describe('a forecast in words', () => {
  test.each([
    [{ present: minutes(90), p95: minutes(30) }, '1 h 30 min', 'p95: 30 min'],
    [{ present: { kind: 'idle' as const }, p95: minutes(30) }, 'not while idle', 'p95: 30 min'],
    [{ present: minutes(0.5), p95: { kind: 'unknown' as const } }, '30 s', 'p95: unknown'],
    [{ present: { kind: 'unknown' as const }, p95: { kind: 'unknown' as const } }, 'unknown', null],
    [{ present: { kind: 'no-limit' as const }, p95: { kind: 'no-limit' as const } }, 'no limit set', null],
    [{ present: { kind: 'now' as const }, p95: { kind: 'now' as const } }, 'now', null],
  ])('%j', (pair, first, second) => expect(forecastPairWords(pair)).toEqual({ first, second }));
});

describe('a slot is green only while a consumer is seen', () => {
  test('an unrecognised word is shown as it came, and is no good state', () => {
    expect(slotState(slot({ use: 'unknown' }), true)).toEqual({ word: 'unknown', tone: 'unknown' });
    expect(walStatusWord('unknown: archived')).toBe('unknown: archived');
  });

  test.each([
    [slot(), true, 'active', 'good'],
    [slot(), false, 'was active', 'unknown'],
    [slot({ use: 'waiting' }), true, 'inactive', 'warn'],
    [slot({ use: 'waiting', severity: 'critical' }), true, 'inactive', 'bad'],
    [slot({ use: 'spare' }), true, 'spare', 'info'],
    [slot({ use: 'lost', severity: 'critical' }), true, 'lost', 'bad'],
    [slot({ severity: 'warning' }), true, 'active', 'warn'],
  ])('%j', (row, fresh, word, tone) => expect(slotState(row, fresh)).toEqual({ word, tone }));
});

describe('a volume', () => {
  test('says whether its forecast is a prediction or an "if"', () => {
    expect(volumeForecastWords(volume({ keeps: 'all' }))).toEqual({
      lead: 'full in',
      pair: { first: '1 h 30 min', second: 'p95: 30 min' },
    });
    expect(volumeForecastWords(volume()).lead).toContain('if all WAL stayed');
    expect(volumeForecastWords(volume({ keeps: 'up-to-a-limit' })).lead).toContain('lost before the disk is full');
    expect(volumeForecastWords(volume({ keeps: null })).pair).toEqual({ first: 'unknown', second: null });
    expect(volumeForecastWords(volume({ takesWal: false })).pair).toBeNull();
  });

  test('is never green when it is not seen', () => {
    expect(volumeTone(volume(), true)).toBe('good');
    expect(volumeTone(volume(), false)).toBe('unknown');
  });
});

test('a slot without WAL has no status', () => expect(walStatusWord(null)).toBe('none'));
