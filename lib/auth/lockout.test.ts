import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAILURES_BEFORE_PAUSE, FIRST_PAUSE_MS, LONGEST_PAUSE_MS, pauseAfterFailuresMs } from './lockout.ts';

describe('pause after wrong passwords', () => {
  test('nothing below the limit, then doubling', () => {
    expect(pauseAfterFailuresMs(0)).toBe(0);
    expect(pauseAfterFailuresMs(FAILURES_BEFORE_PAUSE - 1)).toBe(0);
    expect(pauseAfterFailuresMs(FAILURES_BEFORE_PAUSE)).toBe(FIRST_PAUSE_MS);
    expect(pauseAfterFailuresMs(FAILURES_BEFORE_PAUSE + 1)).toBe(2 * FIRST_PAUSE_MS);
  });

  test('never shrinks and never exceeds the longest pause', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2_000_000 }), (failures) => {
        const pause = pauseAfterFailuresMs(failures);
        expect(pause).toBeLessThanOrEqual(LONGEST_PAUSE_MS);
        expect(pauseAfterFailuresMs(failures + 1)).toBeGreaterThanOrEqual(pause);
      }),
    );
  });
});
