import { expect, test } from 'vitest';
import type { Evidence } from '../../lib/domain/findings/model.ts';
import type { FindingCandidate } from '../../lib/domain/findings/model.ts';
import { findingKind } from '../../lib/domain/findings/registry.ts';
import { operationLink } from './operation-link.ts';

/** As the screens get it: the module of the code names the operation, the link leads to its plan. */
const linkOf = (finding: Pick<FindingCandidate, 'code' | 'nodeName' | 'evidence'>, slug: string) =>
  operationLink({ nextOperation: findingKind(finding.code).nextOperation(finding) }, slug);

const count = (value: number): Evidence => ({ kind: 'count', value });
const primary: Evidence = { kind: 'text', value: 'aws-use1-b' };
const leftBehind = (timeline: number, timelineOfPrimary: number) =>
  linkOf(
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
  expect(linkOf({ ...down, evidence: { fencedSince } }, 'payments')?.label).toBe('Revert…');
  expect(linkOf({ ...down, evidence: {} }, 'payments')).toBeNull();
});

test('a promotion outside leads to its confirmation', () => {
  const link = linkOf({ code: 'promoted-outside', nodeName: 'rax-dfw-a', evidence: {} }, 'payments');
  expect(link).toEqual({ label: 'Confirm the promotion…', href: '/clusters/payments/operations/new/confirm-promotion?target=rax-dfw-a' });
});

test('a finding that no operation fixes has no link', () => {
  expect(linkOf({ code: 'tls-off', nodeName: 'a', evidence: {} }, 'payments')).toBeNull();
  expect(linkOf({ code: 'timeline-fork', nodeName: null, evidence: {} }, 'payments')).toBeNull();
});
