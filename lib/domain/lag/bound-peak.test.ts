import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatBoundSeconds } from '../format/duration.ts';
import { BOUND_HOLD_MS, advanceBounds, heldBoundSeconds } from './bound-peak.ts';
import type { BoundSighting } from './bound-peak.ts';

function heldAfter(bounds: readonly (number | null)[]): (number | null)[] {
  let recent: readonly BoundSighting[] = [];
  return bounds.map((seconds, index) => {
    recent = advanceBounds(recent, seconds, index * 1_000);
    return heldBoundSeconds(recent);
  });
}

describe('the bound that is held', () => {
  test('does not alternate while sampling makes the exact one swing', () => {
    const swinging = Array.from({ length: 300 }, (_unused, second) => 0.4 + ((second * 7) % 10) / 10);
    const shown = heldAfter(swinging).map(formatBoundSeconds);
    expect(new Set(shown.slice(10))).toEqual(new Set(['2 s']));
  });

  test('rises at once', () => {
    expect(heldAfter([0.4, 1.2, 7])).toEqual([0.4, 1.2, 7]);
  });

  test('falls at once after an incident, and after a minute without another peak', () => {
    expect(heldAfter([0.4, 40, 0.5]).at(-1)).toBe(0.5);
    const calm = heldAfter([1.4, ...Array.from({ length: 61 }, () => 0.5)]);
    expect(calm[BOUND_HOLD_MS / 1_000 - 1]).toBe(1.4);
    expect(calm[BOUND_HOLD_MS / 1_000]).toBe(0.5);
  });

  test('is unknown while the bound is, and starts again', () => {
    expect(heldAfter([1.4, null, 0.5])).toEqual([1.4, null, 0.5]);
  });

  test('is never below the exact one, and what is remembered stays small', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 200 }), (bounds) => {
        let recent: readonly BoundSighting[] = [];
        for (const [index, seconds] of bounds.entries()) {
          recent = advanceBounds(recent, seconds, index * 1_000);
          expect(heldBoundSeconds(recent)).toBeGreaterThanOrEqual(seconds);
          expect(recent.length).toBeLessThanOrEqual(BOUND_HOLD_MS / 1_000);
        }
      }),
    );
  });
});
