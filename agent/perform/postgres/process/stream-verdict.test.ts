import { expect, test } from 'vitest';
import { streamVerdict } from './stream-verdict.ts';

const removed = (segment: string): string =>
  `2026-11-21 10:52:54 UTC [1] FATAL:  could not receive data from WAL stream: ERROR:  requested WAL segment ${segment} has already been removed\n`;

test('a segment that is asked for without success again and again is nowhere; one that is asked for once may come from the archive', () => {
  const segment = '000000020000000000000006';
  expect(streamVerdict(removed(segment))).toEqual({ hopeless: null, suspect: true });
  expect(streamVerdict(removed(segment).repeat(3)).hopeless).toContain(segment);
});

test('a standby that gets on by the archive asks for another segment each time', () => {
  const log = ['6', '6', '7', '7', '8'].map((last) => removed(`00000002000000000000000${last}`)).join('');
  expect(streamVerdict(log).hopeless).toBeNull();
});

test('a history that left the primary’s, or another system, never comes right', () => {
  const forked =
    'LOG:  new timeline 3 forked off current database system timeline 2 before current recovery point 0/7000A28\nLOG:  waiting for WAL';
  expect(streamVerdict(forked).hopeless).toMatch(/diverged: its current recovery point 0\/7000A28/);
  const behind = 'FATAL:  highest timeline 2 of the primary is behind recovery timeline 3\n';
  expect(streamVerdict(behind)).toEqual({ hopeless: null, suspect: true });
  expect(streamVerdict(behind.repeat(3)).hopeless).toMatch(/timeline 2 of the primary is behind/);
  const elsewhere = `FATAL:  could not start WAL streaming: ERROR:  requested starting point 0/7000000 on timeline 1 is not in this server's history\n`;
  expect(streamVerdict(elsewhere.repeat(3)).hopeless).toMatch(/0\/7000000 on timeline 1 is no part/);
  expect(streamVerdict('FATAL:  database system identifier differs between the primary and standby').hopeless).toMatch(/different/);
});

test('an upstream that is away, or a slot that is not there yet, may come', () => {
  const log =
    'FATAL:  could not connect to the primary server: connection refused\nFATAL:  could not start WAL streaming: ERROR:  replication slot "a" does not exist\n'.repeat(
      9,
    );
  expect(streamVerdict(log)).toEqual({ hopeless: null, suspect: false });
  expect(streamVerdict('')).toEqual({ hopeless: null, suspect: false });
});
