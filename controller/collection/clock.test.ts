import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FUTURE_TOLERANCE_MS, clockCorrectionMs, reasonToDrop } from './clock.ts';

const TEN_MINUTES_MS = 600_000;

describe('clock correction', () => {
  test('a measured offset beyond its uncertainty is applied', () => {
    expect(clockCorrectionMs({ offsetMs: TEN_MINUTES_MS, uncertaintyMs: 20 }, 0, 0, TEN_MINUTES_MS)).toBe(TEN_MINUTES_MS);
    expect(clockCorrectionMs({ offsetMs: 12, uncertaintyMs: 20 }, 0, 0, 0)).toBe(0);
  });

  test('before the first answer, an offset that can’t be the network is estimated, the same for a batch sent twice', () => {
    const first = clockCorrectionMs({ offsetMs: null, uncertaintyMs: null }, 0, 0, TEN_MINUTES_MS + 30);
    const again = clockCorrectionMs({ offsetMs: null, uncertaintyMs: null }, 1_000, 1_000, TEN_MINUTES_MS + 1_180);
    expect(first).toBe(TEN_MINUTES_MS);
    expect(again).toBe(first);
    expect(clockCorrectionMs({ offsetMs: null, uncertaintyMs: null }, 0, 0, 1_500)).toBe(0);
  });

  test('an offset from before the clock was set is not applied: nothing is received before it was taken', () => {
    const fourMinutesMs = 240_000;
    // Set forward by four minutes since the agent measured that it was right, then since it measured that it was four minutes behind.
    expect(clockCorrectionMs({ offsetMs: 3, uncertaintyMs: 20 }, fourMinutesMs, fourMinutesMs + 10, 20)).toBe(-fourMinutesMs);
    expect(clockCorrectionMs({ offsetMs: fourMinutesMs, uncertaintyMs: 20 }, 0, 10, 20)).toBe(0);
    // Taken by a process whose clock was right, kept, and sent by one whose clock is four minutes behind.
    const sentBehind = clockCorrectionMs({ offsetMs: null, uncertaintyMs: null }, -1_000, -fourMinutesMs, 0);
    expect(-1_000 + sentBehind).toBeLessThanOrEqual(0);
    // By no correction: it stays ahead, and is dropped.
    const kept = clockCorrectionMs({ offsetMs: null, uncertaintyMs: null }, fourMinutesMs, 0, 0);
    expect(reasonToDrop(fourMinutesMs + kept, 0, TEN_MINUTES_MS)).toBe('in-the-future');
  });

  test('with any clocks, a stored time is not ahead of its arrival, and a right one is not changed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1_000_000, max: 1_000_000 }),
        fc.integer({ min: 0, max: 4_000 }),
        fc.integer({ min: 0, max: 600_000 }),
        fc.option(fc.integer({ min: -1_000_000, max: 1_000_000 })),
        (behindMs, transitMs, waitedMs, offsetMs) => {
          const receivedAtMs = 10_000_000;
          const sentAtMs = receivedAtMs - transitMs - behindMs;
          const observedAtMs = sentAtMs - waitedMs;
          const clock = { offsetMs, uncertaintyMs: offsetMs === null ? null : 20 };
          const at = observedAtMs + clockCorrectionMs(clock, observedAtMs, sentAtMs, receivedAtMs);
          expect(at).toBeLessThanOrEqual(receivedAtMs + FUTURE_TOLERANCE_MS);
          const right = { offsetMs: behindMs, uncertaintyMs: 0 };
          expect(observedAtMs + clockCorrectionMs(right, observedAtMs, sentAtMs, receivedAtMs)).toBe(receivedAtMs - transitMs - waitedMs);
        },
      ),
    );
  });

  test('what is too old or in the future after correction is not kept', () => {
    expect(reasonToDrop(0, 10_000, 9_000)).toBe('older-than-retention');
    expect(reasonToDrop(10_001 + FUTURE_TOLERANCE_MS, 10_000, 9_000)).toBe('in-the-future');
    expect(reasonToDrop(9_999, 10_000, 9_000)).toBeNull();
  });
});
