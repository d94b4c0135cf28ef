import { expect, test } from 'vitest';
import { evidenceRows } from './evidence-rows.ts';

test('names say how their values are read', () => {
  const rows = evidenceRows({ switchLsn: '0/3000a8', waitedForWalMs: 12, bytes: 2048, report: { inRecovery: false, timeline: null } });
  expect(rows.map(({ label, value }) => [label, value])).toEqual([
    ['switch LSN', '0/3000A8'],
    ['waited for WAL', '12 ms'],
    ['bytes', '2 kB'],
    ['report › in recovery', 'no'],
    ['report › timeline', 'unknown'],
  ]);
  expect(rows[0]).toMatchObject({ fixed: true });
});

test('lists of words stand in one line, lists of things one by one; a ledger stands elsewhere', () => {
  expect(evidenceRows({ endedSenders: ['a', 'b'], none: [] }).map(({ value }) => value)).toEqual(['a, b', 'none']);
  expect(evidenceRows({ slots: [{ name: 'x', restartLsn: null }] }).map(({ label }) => label)).toEqual([
    'slots › 1 › name',
    'slots › 1 › restart LSN',
  ]);
  expect(evidenceRows({ ledger: { rows: [] } })).toEqual([]);
});

test('nothing is nothing, and too much is cut off', () => {
  expect(evidenceRows(undefined)).toEqual([]);
  expect(evidenceRows(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, index])))).toHaveLength(80);
});
