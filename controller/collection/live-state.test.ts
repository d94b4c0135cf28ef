import { describe, expect, test } from 'vitest';
import { HISTORY_SECONDS, WAL_RATE_BUCKETS_MAX } from '../../lib/domain/topology/inputs.ts';
import { simulatedFleet, simulatedObservation } from '../../test/simulated-observation.ts';
import { NodeLive } from './live-state.ts';

const [NODE] = simulatedFleet(1);
if (NODE === undefined) throw new Error('no node');
const START_MS = 1_000_000_000_000;

function report(second: number) {
  const observedAtMs = START_MS + second * 1000;
  const observation = simulatedObservation(NODE!, second, observedAtMs, START_MS);
  return { observation, observedAtMs, receivedAtMs: observedAtMs + 40, agentVersion: 'test' };
}

describe('live state of a node', () => {
  test('keeps three minutes, oldest first, in any order of arrival', () => {
    const live = new NodeLive();
    const seconds = Array.from({ length: 400 }, (_unused, index) => index);
    // Every second minute arrives as back-fill after the others.
    const late = seconds.filter((second) => Math.floor(second / 60) % 2 === 1);
    for (const second of [...seconds.filter((one) => !late.includes(one)), ...late]) live.addReport(report(second));
    const times = live.history.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBe(START_MS + 399_000);
    expect(times[0]).toBe(START_MS + (399 - HISTORY_SECONDS) * 1000);
    expect(new Set(times).size).toBe(HISTORY_SECONDS + 1);
  });

  test('a back-filled report does not replace a later one, and a repeated one changes nothing', () => {
    const live = new NodeLive();
    live.addReport(report(10));
    live.addReport(report(5));
    live.addReport(report(10));
    expect(live.latest?.observedAtMs).toBe(START_MS + 10_000);
    expect(live.history).toHaveLength(2);
  });

  test('WAL rates are means of ten seconds, an hour of them', () => {
    const live = new NodeLive();
    for (let second = 0; second < 20; second += 1) live.addWalRate(START_MS + second * 1000, second < 10 ? second : 100, 1);
    expect(live.walRateBuckets).toEqual([4.5, 100]);
    for (let bucket = 2; bucket < WAL_RATE_BUCKETS_MAX + 50; bucket += 1) live.addWalRate(START_MS + bucket * 10_000, 7, 1);
    expect(live.walRateBuckets).toHaveLength(WAL_RATE_BUCKETS_MAX);
    expect(new Set(live.walRateBuckets)).toEqual(new Set([7]));
  });
});

describe('a clock that is set', () => {
  const shifted = (second: number, byMs: number) => {
    const { observation, observedAtMs, ...rest } = report(second);
    return { ...rest, observation, observedAtMs: observedAtMs + byMs };
  };

  test.each([
    ['put back by ten minutes', -600_000],
    ['put forward by ten minutes', 600_000],
  ])('%s: the report with the highest sequence is the latest, and history continues from it', (_what, byMs) => {
    const live = new NodeLive();
    for (let second = 0; second < 60; second += 1) live.addReport(report(second));
    for (let second = 60; second < 90; second += 1) live.addReport(shifted(second, byMs));
    expect(live.latest?.observation.sequence).toBe(report(89).observation.sequence);
    expect(live.history.at(-1)?.atMs).toBe(START_MS + 89_000 + byMs);
    // Entries dated by the other clock are gone or too old; nothing lies in the future.
    expect(live.history).toHaveLength(30);
  });

  test('a back-fill that is dated later than the latest does not replace it', () => {
    const live = new NodeLive();
    live.addReport(report(10));
    live.addReport(shifted(5, 600_000));
    expect(live.latest?.observation.sequence).toBe(report(10).observation.sequence);
    live.addReport(report(11));
    expect(live.history.at(-1)?.atMs).toBe(START_MS + 11_000);
  });
});
