import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatLsn } from '../postgres/lsn.ts';
import { positionLag } from './position-lag.ts';
import type { PositionPoint } from './position-trail.ts';

const START_MS = Date.parse('2026-11-20T12:00:00Z');
const BASE = 0x3000000n;
const HEARTBEAT = 128n;

/** A primary that writes its heartbeat each second from second 0 to `seconds`. */
const idlePrimary = (seconds: number): PositionPoint[] =>
  Array.from({ length: seconds + 1 }, (_, second) => ({ atMs: START_MS + second * 1000, lsn: BASE + HEARTBEAT * BigInt(second) }));

const standbyAt = (second: number, lsn: bigint, receiveLsn = lsn) => ({
  observedAtMs: START_MS + second * 1000,
  receiveLsn: formatLsn(receiveLsn),
  replayLsn: formatLsn(lsn),
  lastReplayedCommitAtMs: null,
});

describe('lag', () => {
  test('is 0 on an idle primary, in bytes and in seconds, for as long as it idles', () => {
    for (let second = 0; second <= 60; second += 1) {
      const lag = positionLag(
        'p',
        idlePrimary(second),
        standbyAt(second + 0.3, BASE + HEARTBEAT * BigInt(second)),
        START_MS + second * 1000 + 400,
      );
      expect(lag).toMatchObject({ transportBytes: 0, applyBytes: 0, totalBytes: 0, seconds: 0, reason: null });
    }
  });

  test('grows in seconds and bytes once the walreceiver is dead, though the standby is level with itself', () => {
    const held = BASE + HEARTBEAT * 5n;
    for (let second = 8; second <= 120; second += 1) {
      const lag = positionLag('p', idlePrimary(second), standbyAt(second + 0.5, held), START_MS + second * 1000 + 600);
      expect(lag).toMatchObject({ applyBytes: 0, totalBytes: 128 * (second - 5), seconds: second + 0.5 - 6 });
    }
  });

  test('keeps growing beyond the remembered history by the time of the last replayed commit', () => {
    const trail = idlePrimary(600).slice(-180);
    const standby = { ...standbyAt(600, BASE), lastReplayedCommitAtMs: START_MS };
    expect(positionLag('p', trail, standby, START_MS + 600_000).seconds).toBe(600);
  });

  test('tells transport from apply', () => {
    const trail = [{ atMs: START_MS, lsn: 1000n }];
    const lag = positionLag('p', trail, standbyAt(0.2, 400n, 900n), START_MS + 300);
    expect(lag).toMatchObject({ transportBytes: 100, applyBytes: 500, totalBytes: 600 });
  });

  test('a receive position behind replay (after a restart) does not invent transport lag', () => {
    const lag = positionLag('p', [{ atMs: START_MS, lsn: 1000n }], standbyAt(0.2, 1000n, 0n), START_MS + 300);
    expect(lag).toMatchObject({ transportBytes: 0, applyBytes: 0, totalBytes: 0 });
  });

  test('a standby sampled after the primary may be ahead of that sample without a negative lag', () => {
    const lag = positionLag('p', [{ atMs: START_MS, lsn: 1000n }], standbyAt(0.9, 1128n), START_MS + 950);
    expect(lag).toMatchObject({ transportBytes: 0, totalBytes: 0, seconds: 0 });
  });

  test('a primary not seen for more than 3 s makes it unknown, and the last known difference is said with its age', () => {
    const lag = positionLag('aws-use1-a', idlePrimary(10), standbyAt(16, BASE), START_MS + 16_000);
    expect(lag).toMatchObject({ transportBytes: null, totalBytes: null, seconds: null });
    expect(lag.reason).toBe('The position of aws-use1-a is 6 s old; 1.3 kB before it were not replayed.');
  });

  test('a standby whose own sample is older than the primary’s makes it unknown', () => {
    const lag = positionLag('p', idlePrimary(20), standbyAt(10, BASE), START_MS + 20_000);
    expect(lag.totalBytes).toBeNull();
    expect(lag.reason).toContain('The standby’s own position is 10 s old');
  });

  test('samples that are both old say nothing about now', () => {
    expect(positionLag('p', idlePrimary(10), standbyAt(10, BASE), START_MS + 30_000).totalBytes).toBeNull();
  });

  test('nothing known is unknown, never 0', () => {
    expect(positionLag('p', [], standbyAt(0, BASE), START_MS).totalBytes).toBeNull();
    const silent = { observedAtMs: START_MS, receiveLsn: null, replayLsn: null, lastReplayedCommitAtMs: null };
    expect(positionLag('p', idlePrimary(1), silent, START_MS + 1000)).toMatchObject({ totalBytes: null, seconds: null });
  });

  test('a hole in the primary’s history counts against the standby', () => {
    const trail = idlePrimary(60).filter(({ atMs }) => atMs <= START_MS + 10_000 || atMs >= START_MS + 50_000);
    const lag = positionLag('p', trail, standbyAt(60, BASE + HEARTBEAT * 10n), START_MS + 60_000);
    expect(lag.seconds).toBe(50);
  });

  test('bytes and seconds agree: both are 0 or neither, and the parts add up', () => {
    const writes = fc.array(fc.bigInt({ min: 1n, max: 5_000_000n }), { minLength: 5, maxLength: 120 });
    fc.assert(
      fc.property(writes, fc.nat(10_000), fc.nat(10_000), (steps, replayShare, receiveShare) => {
        let lsn = BASE;
        const trail = steps.map((step, second) => ({ atMs: START_MS + second * 1000, lsn: (lsn += step) }));
        const last = trail.at(-1)!;
        const span = last.lsn - BASE;
        const replayed = BASE + (span * BigInt(replayShare)) / 10_000n;
        const received = replayed + ((last.lsn - replayed) * BigInt(receiveShare)) / 10_000n;
        const standby = { ...standbyAt(steps.length - 1 + 0.4, replayed, received) };
        const lag = positionLag('p', trail, standby, last.atMs + 500);
        expect(lag.totalBytes).toBe(Number(last.lsn - replayed));
        expect(lag.transportBytes! + lag.applyBytes!).toBe(lag.totalBytes);
        expect(lag.seconds! > 0).toBe(lag.totalBytes! > 0);
      }),
    );
  });
});
