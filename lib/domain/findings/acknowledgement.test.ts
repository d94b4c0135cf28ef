import { expect, test } from 'vitest';
import { acknowledgementOf } from './acknowledgement.ts';
import type { Acknowledgement } from './acknowledgement.ts';

const NOW_MS = Date.parse('2026-11-21T10:00:00Z');
const finding = { code: 'slot-inactive', nodeName: 'a', subject: 'b_slot', severity: 'warning' } as const;
const acknowledgement: Acknowledgement = {
  ...{ id: 1, ...finding, reason: 'b is being rebuilt', by: 'user:ada@example.com' },
  ...{ at: '2026-11-21T09:00:00Z', expiresAt: '2026-11-21T11:00:00Z' },
};

test.each([
  ['counts for the same thing', {}, NOW_MS, true],
  ['counts when the finding became milder', { severity: 'info' as const }, NOW_MS, true],
  ['ends when the finding becomes worse', { severity: 'critical' as const }, NOW_MS, false],
  ['ends at its expiry', {}, Date.parse('2026-11-21T11:00:00Z'), false],
  ['says nothing about another slot', { subject: 'c_slot' }, NOW_MS, false],
  ['says nothing about another node', { nodeName: 'c' }, NOW_MS, false],
  ['says nothing about another code', { code: 'slot-lost' as const }, NOW_MS, false],
])('an acknowledgement %s', (_name, overrides, nowMs, counts) => {
  expect(acknowledgementOf({ ...finding, ...overrides }, [acknowledgement], nowMs)).toEqual(counts ? acknowledgement : null);
});
