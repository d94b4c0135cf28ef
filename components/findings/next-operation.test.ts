import { expect, test } from 'vitest';
import type { Evidence } from '../../lib/domain/findings/model.ts';
import { nextOperation } from './next-operation.ts';

const count = (value: number): Evidence => ({ kind: 'count', value });
const primary: Evidence = { kind: 'text', value: 'aws-use1-b' };
const leftBehind = (timeline: number, timelineOfPrimary: number) =>
  nextOperation(
    {
      ...{ code: 'standby-left-behind', nodeName: 'gcp-use4-a' },
      evidence: { primary, timeline: count(timeline), timelineOfPrimary: count(timelineOfPrimary) },
    },
    'payments',
  );

test('a standby left behind is re-parented to the primary, or reverted when it holds another history', () => {
  const path = '/clusters/payments/operations/new';
  expect(leftBehind(1, 2)).toEqual({ label: 'Re-parent…', href: `${path}/re-parent?target=gcp-use4-a&upstream=aws-use1-b` });
  expect(leftBehind(3, 2)).toEqual({ label: 'Revert…', href: `${path}/reversion?target=gcp-use4-a` });
});

test('a server that does not run is reverted when it is fenced; another may just be started', () => {
  const down = { code: 'server-not-running', nodeName: 'aws-use1-a' } as const;
  const fencedSince: Evidence = { kind: 'instant', value: '2026-11-21T10:00:00.000Z' };
  expect(nextOperation({ ...down, evidence: { fencedSince } }, 'payments')?.label).toBe('Revert…');
  expect(nextOperation({ ...down, evidence: {} }, 'payments')).toBeNull();
});

test('what no operation mends has no link', () => {
  expect(nextOperation({ code: 'tls-off', nodeName: 'a', evidence: {} }, 'payments')).toBeNull();
  expect(nextOperation({ code: 'timeline-fork', nodeName: null, evidence: {} }, 'payments')).toBeNull();
});
