import fc from 'fast-check';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Outbox } from './outbox.ts';
import { REFUSED_KEPT_MAX, RefusedSamples } from './refused-samples.ts';
import { SEQUENCE_BLOCK, SequenceCounter } from './sequence.ts';
import { Spool } from './spool.ts';
import type { SpoolEntry } from './spool.ts';

const START_MS = Date.parse('2026-11-20T00:00:00Z');
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-spool-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const refused = (): RefusedSamples => new RefusedSamples(path.join(directory, 'refused'));

const entry = (sequence: number, padding = 0): SpoolEntry => {
  const atMs = START_MS + sequence * 1000;
  const json = JSON.stringify({ sequence, observedAt: new Date(atMs).toISOString(), padding: 'x'.repeat(padding) });
  return { sequence, atMs, json };
};
const entries = (from: number, to: number, padding = 0): SpoolEntry[] =>
  Array.from({ length: to - from + 1 }, (_, index) => entry(from + index, padding));
const bytesOnDisk = (): number =>
  readdirSync(directory)
    .filter((name) => name.includes('jsonl'))
    .reduce((sum, name) => sum + statSync(path.join(directory, name)).size, 0);

describe('spool', () => {
  test('gives back what an earlier process wrote, oldest first, without a torn last line', () => {
    const first = new Spool(directory);
    first.append(entries(1, 700), START_MS);
    first.close(START_MS);
    const last =
      readdirSync(directory)
        .filter((name) => name.endsWith('.jsonl'))
        .sort()
        .at(-1) ?? '';
    appendFileSync(path.join(directory, last), '{"sequence":701,"observedAt":"2026-11-2');
    const second = new Spool(directory);
    expect(second.lastSequence).toBe(700);
    expect(second.peek(1000, 1e9).map(({ sequence }) => sequence)).toEqual(entries(1, 700).map(({ sequence }) => sequence));
  });

  test('stays below its limit, drops the oldest and counts them', () => {
    const limit = 300_000;
    const spool = new Spool(directory, limit);
    for (let sequence = 1; sequence <= 3000; sequence += 60)
      spool.append(entries(sequence, sequence + 59, 300), START_MS + sequence * 1000);
    expect(bytesOnDisk()).toBeLessThanOrEqual(limit);
    const { samples, lostSamples } = spool.counts();
    expect(samples + lostSamples).toBe(3000);
    expect(spool.peek(1, 1e9)[0]?.sequence).toBe(lostSamples + 1);
    expect(new Spool(directory, limit).counts().lostSamples).toBe(lostSamples);
  });

  test('thins what is older than an hour to one in ten seconds, and keeps a day within 32 MB', () => {
    const spool = new Spool(directory);
    const seconds = 26 * 60 * 60;
    for (let sequence = 1; sequence <= seconds; sequence += 600) {
      spool.append(entries(sequence, sequence + 599, 1500), START_MS + (sequence + 599) * 1000);
    }
    const nowMs = START_MS + seconds * 1000;
    spool.tidy(nowMs);
    const { bytes, oldestAtMs, lostSamples, thinnedSamples, samples } = spool.counts();
    expect(bytes).toBeLessThan(32 * 1024 * 1024);
    expect(nowMs - (oldestAtMs ?? 0)).toBeGreaterThan(23.8 * 3_600_000);
    expect(nowMs - (oldestAtMs ?? 0)).toBeLessThan(25 * 3_600_000);
    expect(samples).toBeGreaterThan(3600 + 23 * 360 - 200);
    expect(samples + lostSamples + thinnedSamples).toBe(seconds);
  }, 60_000);

  test('acknowledged segments leave the disk', () => {
    const spool = new Spool(directory);
    spool.append(entries(1, 650), START_MS);
    spool.acknowledge(610);
    expect(existsSync(path.join(directory, '0000000000000001.jsonl'))).toBe(false);
    expect(spool.peek(100, 1e9)[0]?.sequence).toBe(611);
    spool.acknowledge(650);
    expect(spool.counts().samples).toBe(0);
  });

  test('property: whatever is put, lost, restarted and repeated, the receiver has each sample once and in order', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('tick' as const), count: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ kind: fc.constant('send' as const), max: fc.integer({ min: 1, max: 50 }), answered: fc.boolean() }),
      fc.record({ kind: fc.constant('restart' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const own = mkdtempSync(path.join(directory, 'run-'));
        let outbox = new Outbox(new Spool(own), refused());
        let nowMs = START_MS;
        let next = 1;
        const received: number[] = [];
        const send = (max: number, answered: boolean): void => {
          const batch = outbox.peek(max, 1e9);
          const highest = received.at(-1) ?? 0;
          // As the controller does it: what it has already is not stored again.
          received.push(...batch.map(({ sequence }) => sequence).filter((sequence) => sequence > highest));
          const last = batch.at(-1);
          if (answered && last !== undefined) outbox.acknowledge(last.sequence);
        };
        for (const one of steps) {
          if (one.kind === 'send') send(one.max, one.answered);
          else if (one.kind === 'restart') {
            outbox.close(nowMs);
            outbox = new Outbox(new Spool(own), refused());
          } else {
            for (let tick = 0; tick < one.count; tick += 1) {
              nowMs += 1000;
              const { json } = entry(next);
              outbox.put(
                {
                  sequence: next,
                  atMs: nowMs,
                  json: json.replace(/"observedAt":"[^"]+"/, `"observedAt":"${new Date(nowMs).toISOString()}"`),
                },
                nowMs,
              );
              next += 1;
            }
          }
        }
        while (outbox.peek(1, 1e9).length > 0) send(300, true);
        expect(received).toEqual(Array.from({ length: next - 1 }, (_, index) => index + 1));
        expect(outbox.counts()).toMatchObject({ samples: 0, memorySamples: 0, lostSamples: 0 });
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

describe('outbox', () => {
  test('a controller that acknowledges at once costs no disk write', () => {
    const outbox = new Outbox(new Spool(directory), refused());
    for (const one of entries(1, 50)) {
      outbox.put(one, one.atMs);
      outbox.acknowledge(one.sequence);
    }
    expect(readdirSync(directory)).toEqual([]);
  });

  test('one sample that is refused for good is set aside with the reason, bounded, and counted over restarts', () => {
    const outbox = new Outbox(new Spool(directory), refused());
    for (const one of entries(1, 5)) outbox.put(one, one.atMs);
    const [bad] = outbox.peek(1, 1e9);
    if (bad !== undefined) outbox.reject(bad, 'walStatus is unknown');
    expect(outbox.counts()).toMatchObject({ lostSamples: 0, refusedSamples: 1 });
    expect(outbox.peek(1, 1e9)[0]?.sequence).toBe(2);
    const aside = path.join(directory, 'refused');
    expect(readFileSync(path.join(aside, '0000000000000001.json'), 'utf8')).toContain('walStatus is unknown');
    for (const one of entries(6, 5 + 2 * REFUSED_KEPT_MAX)) outbox.reject(one, 'again');
    expect(readdirSync(aside).filter((name) => name !== 'count.json')).toHaveLength(REFUSED_KEPT_MAX);
    expect(new Outbox(new Spool(directory), refused()).counts().refusedSamples).toBe(1 + 2 * REFUSED_KEPT_MAX);
    rmSync(aside, { recursive: true });
    expect(outbox.counts().refusedSamples).toBe(0);
  });
});

describe('sequence', () => {
  test('grows by one across planned restarts', () => {
    const first = new SequenceCounter(directory, START_MS);
    const given = [first.next(), first.next()];
    first.close();
    expect(new SequenceCounter(directory, START_MS).next()).toBe((given[1] ?? 0) + 1);
  });

  test('never repeats after a crash, and never writes per number', () => {
    const first = new SequenceCounter(directory, START_MS);
    const start = first.next();
    const writtenAt = statSync(path.join(directory, 'sequence.json')).mtimeMs;
    for (let count = 1; count < 10; count += 1) first.next();
    expect(statSync(path.join(directory, 'sequence.json')).mtimeMs).toBe(writtenAt);
    expect(new SequenceCounter(directory, START_MS).next()).toBe(start + SEQUENCE_BLOCK);
  });

  test('a lost state directory begins above every number given out before', () => {
    const before = new SequenceCounter(directory, START_MS).next();
    const lost = mkdtempSync(path.join(directory, 'new-'));
    expect(new SequenceCounter(lost, START_MS + 86_400_000).next()).toBeGreaterThan(before + 80_000);
  });
});
