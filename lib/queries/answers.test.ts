import { describe, expect, test } from 'vitest';
import { NOW_MS, aClusterView } from '../../test/builders/index.ts';
import { clustersAnswer } from './clusters-answer.ts';
import { topologyAnswer } from './topology-answer.ts';
import type { ClusterRead } from './cluster.ts';

const registered = [
  { name: 'a', enrolledAt: null, site: { provider: 'AWS', region: 'us-east-1', zone: 'us-east-1a', jurisdiction: 'US' } },
];
const read = (view: ClusterRead['view']): ClusterRead => ({ slug: 'payments', name: 'payments', view, registered });

describe('GET /api/v1/clusters/:slug/topology', () => {
  test('has the documented shape', () => {
    const answer = topologyAnswer(read(aClusterView()), NOW_MS);
    const standby = answer.nodes.find((node) => node.role === 'standby')!;
    expect(standby).toMatchObject({ state: 'streaming', timeline: expect.any(Number), upstream: expect.any(String) });
    expect(Object.keys(standby.site).sort()).toEqual(['jurisdiction', 'provider', 'region', 'zone']);
    expect(Object.keys(standby.lag).sort()).toEqual(['applyBytes', 'seconds', 'totalBytes', 'transportBytes']);
    expect(answer.links[0]).toMatchObject({
      from: expect.any(String),
      to: expect.any(String),
      state: 'streaming',
      tls: { version: expect.any(String) },
    });
    expect(answer.rpo).toHaveProperty('boundSeconds');
    expect(answer.term).toBe(1);
  });

  test('what is old is null, never 0', () => {
    const answer = topologyAnswer(read(aClusterView()), NOW_MS + 120_000);
    expect(answer.rpo).toMatchObject({ state: 'unknown', boundSeconds: null, boundBytes: null });
    for (const node of answer.nodes) {
      expect(node.state).toBe('unknown');
      expect(Object.values(node.lag)).toEqual([null, null, null, null]);
    }
    for (const link of answer.links) expect(link).toMatchObject({ state: 'unknown', syncState: null });
  });

  test('before the first evaluation: the registered nodes, all unknown', () => {
    const answer = topologyAnswer(read(null), NOW_MS);
    expect(answer).toMatchObject({ computedAt: null, term: null, primary: null, links: [], findings: [] });
    expect(answer.nodes).toMatchObject([{ name: 'a', role: 'unknown', state: 'unknown', observedAt: null, lag: { seconds: null } }]);
  });
});

describe('GET /api/v1/clusters', () => {
  test('sums up, and leaves unknown what nobody evaluated', () => {
    const { clusters } = clustersAnswer(
      [
        { slug: 'payments', name: 'payments', nodeCount: 4, view: aClusterView() },
        { slug: 'new', name: 'new', nodeCount: 2, view: null },
      ],
      NOW_MS,
    );
    expect(clusters[0]).toMatchObject({ slug: 'payments', nodes: { up: 4, unknown: 0, total: 4 }, findings: { critical: 0 } });
    expect(clusters[1]).toMatchObject({
      computedAt: null,
      term: null,
      worstLag: null,
      nodes: { up: null, unknown: null, total: 2 },
      findings: null,
    });
  });
});
