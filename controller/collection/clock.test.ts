import { describe, expect, test } from 'vitest';
import { FUTURE_TOLERANCE_MS, clockCorrectionMs, reasonToDrop } from './clock.ts';

const TEN_MINUTES_MS = 600_000;

describe('clock correction', () => {
  test('a measured offset beyond its uncertainty is applied', () => {
    expect(clockCorrectionMs({ offsetMs: TEN_MINUTES_MS, uncertaintyMs: 20 }, 0, TEN_MINUTES_MS)).toBe(TEN_MINUTES_MS);
    expect(clockCorrectionMs({ offsetMs: 12, uncertaintyMs: 20 }, 0, 0)).toBe(0);
  });

  test('before the first answer, an offset that can’t be the network is estimated, the same for a batch sent twice', () => {
    const first = clockCorrectionMs({ offsetMs: null, uncertaintyMs: null }, 0, TEN_MINUTES_MS + 30);
    const again = clockCorrectionMs({ offsetMs: null, uncertaintyMs: null }, 1_000, TEN_MINUTES_MS + 1_180);
    expect(first).toBe(TEN_MINUTES_MS);
    expect(again).toBe(first);
    expect(clockCorrectionMs({ offsetMs: null, uncertaintyMs: null }, 0, 1_500)).toBe(0);
  });

  test('what is too old or in the future after correction is not kept', () => {
    expect(reasonToDrop(0, 10_000, 9_000)).toBe('older-than-retention');
    expect(reasonToDrop(10_001 + FUTURE_TOLERANCE_MS, 10_000, 9_000)).toBe('in-the-future');
    expect(reasonToDrop(9_999, 10_000, 9_000)).toBeNull();
  });
});
