import { describe, expect, test } from 'vitest';
import { P, S, evaluate } from '../../../test/builders/incidents.ts';
import { NOW_MS, aClusterInput, evaluated, nodeOf, withNode } from '../../../test/builders/index.ts';
import { agentCheck } from '../operation/checks/checks-of-nodes.ts';
import { ageClusterView } from './age.ts';
import type { ClusterInput, NodeInput } from './inputs.ts';
import { clusterSentence } from './sentence.ts';
import { summariseCluster } from './summary.ts';

const TEN_MIN_MS = 600_000;

/** As it stands when the controller's clock was put back by ten minutes, or another takes over whose clock is behind by as much. */
const datedAhead = (node: NodeInput, aheadMs = TEN_MIN_MS): NodeInput =>
  node.latest === null
    ? node
    : {
        ...node,
        latest: { ...node.latest, observedAtMs: node.latest.observedAtMs + aheadMs, receivedAtMs: node.latest.receivedAtMs + aheadMs },
        history: node.history.map((point) => ({ ...point, atMs: point.atMs + aheadMs })),
      };
const allAhead = (input: ClusterInput = aClusterInput()): ClusterInput => ({
  ...input,
  nodes: input.nodes.map((node) => datedAhead(node)),
});

describe('reports that are dated in the future', () => {
  test('say nothing about now: neither node, link, lag nor RPO is shown as known', () => {
    const { view, rpo } = evaluated(allAhead());
    expect(view.nodes.map(({ state }) => state)).toEqual(view.nodes.map(() => 'unknown'));
    expect(view.nodes.map(({ lag }) => lag.totalBytes)).toEqual(view.nodes.map(() => null));
    expect(view.links.every(({ state }) => state === 'unknown')).toBe(true);
    expect(rpo.state).toBe('unknown');
    expect(nodeOf(allAhead(), P)?.stateReason).toContain('dated in the future');
  });

  test('are one moment late or early among right clocks, and count', () => {
    const slightly = { ...aClusterInput(), nodes: aClusterInput().nodes.map((node) => datedAhead(node, 1_500)) };
    expect(evaluated(slightly).view.nodes.some(({ state }) => state === 'writable')).toBe(true);
  });

  test('beside one that is right, they are no fork', () => {
    const mixed = withNode(aClusterInput(), P, (node) => datedAhead(node));
    expect(evaluate(mixed).map(({ code }) => code)).not.toContain('timeline-fork');
    const other = withNode(aClusterInput(), S, (node) => datedAhead(node));
    expect(evaluate(other).map(({ code }) => code)).not.toContain('timeline-fork');
  });
});

describe('a view that is dated in the future', () => {
  const { view } = evaluated(allAhead(), NOW_MS + TEN_MIN_MS);

  test('is not shown as live', () => {
    const aged = ageClusterView(view, NOW_MS);
    expect(aged.nodes.map(({ state }) => state)).toEqual(aged.nodes.map(() => 'unknown'));
    expect(aged.rpo.state).toBe('unknown');
    expect(summariseCluster(view, NOW_MS).stale).toBe(true);
    expect(clusterSentence(view, NOW_MS)).toContain('in the future');
  });

  test('is live again when the clocks agree', () => {
    expect(ageClusterView(view, NOW_MS + TEN_MIN_MS).nodes.some(({ state }) => state === 'writable')).toBe(true);
  });
});

test('an agent whose report is dated in the future passes no check', () => {
  const { latest, facts } = aClusterInput().nodes[0]!;
  const planning = {
    ...{ name: P, enrolled: true, facts, identityLockReason: null, maintenance: null },
    ...{ site: aClusterInput().nodes[0]!.site, observation: latest!.observation, observedAtMs: NOW_MS + TEN_MIN_MS },
  };
  const check = agentCheck({ name: P, planning } as never, NOW_MS, 'fail');
  expect(check).toMatchObject({ verdict: 'fail', value: 'its last report is dated in the future' });
});
