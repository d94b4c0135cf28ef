import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../lib/domain/policy/cluster-policy.ts';
import type { ClusterSummary } from '../../lib/domain/topology/summary.ts';
import { ageSummary } from './summary-age.ts';

const AT = '2026-01-01T00:00:00.000Z';
const summary: ClusterSummary = {
  ...{
    slug: 'payments',
    name: 'payments',
    sentence: 'Fine.',
    policy: { ...DEFAULT_POLICY, rpoObjectiveSeconds: 5 },
    rpoObjectiveSeconds: 5,
    lagUnknownCount: 0,
    term: 1,
    leadership: null,
    provenRecovery: null,
    providers: ['aws'],
  },
  rpo: { state: 'guaranteed-zero', boundSeconds: 0, boundBytes: 0, bestStandby: 'b', reason: 'r', since: AT },
  worstLag: { node: 'b', seconds: 0, totalBytes: 0 },
  primary: { name: 'a', state: 'writable', site: { provider: 'aws', region: 'us-east-1', zone: 'a', jurisdiction: 'US' } },
  nodes: { up: 2, unknown: 0, total: 2 },
  findings: { critical: 0, warning: 0, info: 0 },
  ...{ firstFinding: null, computedAt: AT, stale: false },
};

describe('ageSummary', () => {
  test('a fresh summary is the same object, so that nothing is drawn again', () => {
    expect(ageSummary(summary, Date.parse(AT) + 9_000)).toBe(summary);
  });

  test('an old one knows nothing: neither a guarantee nor a zero is left', () => {
    const aged = ageSummary(summary, Date.parse(AT) + 60_000);
    expect(aged.rpo).toMatchObject({ state: 'unknown', boundSeconds: null, boundBytes: null });
    expect(aged.worstLag).toBeNull();
    expect(aged.nodes).toEqual({ up: null, unknown: 2, total: 2 });
    expect(aged.stale).toBe(true);
    expect(aged.primary?.state).toBe('unknown');
    expect(aged.sentence).toContain('1 min');
  });
});
