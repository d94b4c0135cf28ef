import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HistoryPoint } from '../topology/inputs.ts';
import { estimateRunway, p95WalBytesPerSecond, presentWalBytesPerSecond } from './runway.ts';

const MB = 1024 ** 2;
const START_MS = Date.parse('2026-11-20T12:00:00Z');

/** One point a second, written at `rateAt(second)` bytes per second. */
function history(seconds: number, rateAt: (second: number) => number): HistoryPoint[] {
  let lsn = 0n;
  return Array.from({ length: seconds + 1 }, (_, second) => {
    if (second > 0) lsn += BigInt(Math.round(rateAt(second)));
    const unknown = { receiveLsn: null, replayLsn: null, walBytesPerSecond: null, walFreeBytes: null, dataFreeBytes: null };
    return { atMs: START_MS + second * 1000, flushLsn: lsn, ...unknown, archivedCount: null, archiveFailedCount: null };
  });
}

describe('runway', () => {
  test('minutes at both rates', () => {
    const runway = estimateRunway({ freeBytes: 600 * MB, safeWalBytes: 300 * MB, presentBytesPerSecond: MB, p95BytesPerSecond: 2 * MB });
    expect(runway).toEqual({
      slotLostAtPresentMinutes: 5,
      slotLostAtP95Minutes: 2.5,
      diskFullAtPresentMinutes: 10,
      diskFullAtP95Minutes: 5,
    });
  });

  test('no limit, no rate, or a rate of about zero: unknown, not infinite and not zero', () => {
    const unknown = {
      slotLostAtPresentMinutes: null,
      slotLostAtP95Minutes: null,
      diskFullAtPresentMinutes: null,
      diskFullAtP95Minutes: null,
    };
    expect(estimateRunway({ freeBytes: 1, safeWalBytes: null, presentBytesPerSecond: 128, p95BytesPerSecond: null })).toEqual(unknown);
    expect(estimateRunway({ freeBytes: null, safeWalBytes: null, presentBytesPerSecond: MB, p95BytesPerSecond: MB })).toEqual(unknown);
  });

  test('an exceeded limit has no time left, not a negative one', () => {
    expect(
      estimateRunway({ freeBytes: null, safeWalBytes: -MB, presentBytesPerSecond: MB, p95BytesPerSecond: null }).slotLostAtPresentMinutes,
    ).toBe(0);
  });

  test('the forecast comes true: a volume filled at a steady rate is full within a quarter of the forecast', () => {
    const rate = fc.double({ min: 10_000, max: 50 * MB, noNaN: true });
    fc.assert(
      fc.property(rate, fc.integer({ min: 20, max: 180 }), fc.integer({ min: 60, max: 50_000 }), (bytesPerSecond, seconds, secondsLeft) => {
        const points = history(seconds, () => bytesPerSecond);
        const presentBytesPerSecond = presentWalBytesPerSecond(points, points.at(-1)!.atMs);
        const runway = estimateRunway({
          freeBytes: bytesPerSecond * secondsLeft,
          safeWalBytes: null,
          presentBytesPerSecond,
          p95BytesPerSecond: null,
        });
        expect(runway.diskFullAtPresentMinutes! / (secondsLeft / 60)).toBeCloseTo(1, 1);
      }),
    );
  });
});

describe('the present rate', () => {
  test('follows a burst within its quarter of a minute, instead of averaging it away', () => {
    const points = history(120, (second) => (second > 100 ? 10 * MB : 0));
    expect(presentWalBytesPerSecond(points, START_MS + 120_000)).toBeCloseTo(10 * MB, -3);
  });

  test('takes the jump to the next segment that archive_timeout makes each minute as a minute’s WAL, not as a load', () => {
    const idle = history(180, (second) => (second % 60 === 50 ? 16 * MB : 128));
    for (let second = 100; second <= 160; second += 1) {
      const rate = presentWalBytesPerSecond(idle.slice(0, second + 1), START_MS + second * 1000)!;
      expect(rate).toBeLessThan((16 * MB) / 50);
    }
  });

  test('is a mean, not the last second', () => {
    const points = history(120, (second) => (second % 10 === 0 ? 10 * MB : 0));
    const rate = presentWalBytesPerSecond(points, START_MS + 120_000)!;
    expect(rate).toBeGreaterThan(0.9 * MB);
    expect(rate).toBeLessThan(1.5 * MB);
  });

  test('is unknown from too little, from nothing recent, and from positions that went back', () => {
    expect(presentWalBytesPerSecond([], START_MS)).toBeNull();
    expect(
      presentWalBytesPerSecond(
        history(5, () => MB),
        START_MS + 5_000,
      ),
    ).toBeNull();
    expect(
      presentWalBytesPerSecond(
        history(60, () => MB),
        START_MS + 300_000,
      ),
    ).toBeNull();
    expect(
      presentWalBytesPerSecond(
        history(60, () => -MB),
        START_MS + 60_000,
      ),
    ).toBeNull();
  });
});

test('the 95th percentile of a rate is not its maximum', () => {
  expect(p95WalBytesPerSecond([1, 2, 3, 4, 5])).toBeNull();
  expect(p95WalBytesPerSecond([6, 6, 6, 6, 6, 6])).toBe(6);
  const buckets = Array.from({ length: 360 }, (_, index) => (index === 100 ? 1_000_000 : 1_000));
  expect(p95WalBytesPerSecond(buckets)).toBe(1_000);
  const everyMinute = Array.from({ length: 360 }, (_, index) => (index % 6 === 0 ? 6_000 : 0));
  expect(p95WalBytesPerSecond(everyMinute)).toBe(1_000);
});
