/** The clusters that the simulator runs, and real plans for them, made by the real planner from pictures that the test builders draw. */
import { DEFAULT_POLICY } from '../../lib/domain/policy/cluster-policy.ts';
import type { Authority } from '../../lib/agent-contract/commands.ts';
import type { PlanningInput } from '../../lib/domain/operation/plan/inputs.ts';
import type { OperationRequest, Plan } from '../../lib/domain/operation/model.ts';
import { planOperation } from '../../lib/domain/operation/plan/plan.ts';
import type { ClusterInput } from '../../lib/domain/topology/inputs.ts';
import {
  NOW_MS,
  aClusterInput,
  aDownstream,
  aPrimary,
  aSlot,
  aStandby,
  evaluated,
  iso,
  notAnswering,
  withNode,
} from '../builders/index.ts';
import type { ClusterShape } from './story.ts';

/** As the lab's payments: two direct standbys, and one behind the first of them. */
export const ASYNC: ClusterShape = {
  slug: 'payments',
  primary: 'a',
  term: 3,
  nodes: [
    { name: 'a', upstream: null },
    { name: 'b', upstream: 'a' },
    { name: 'c', upstream: 'b' },
    { name: 'd', upstream: 'a' },
  ],
  synchronous: null,
};

/** As the lab's ledger: any one of two standbys acknowledges. */
export const SYNC: ClusterShape = {
  slug: 'ledger',
  primary: 'a',
  term: 1,
  nodes: [
    { name: 'a', upstream: null },
    { name: 'b', upstream: 'a' },
    { name: 'c', upstream: 'a' },
  ],
  synchronous: { required: 1, standbys: ['b', 'c'] },
};

/** Payments after a failover: `a` led, wrote on alone, and is down. */
export const REVERTING: ClusterShape = {
  slug: 'payments',
  primary: 'b',
  term: 4,
  returning: 'a',
  nodes: [
    { name: 'b', upstream: null },
    { name: 'a', upstream: 'b' },
    { name: 'c', upstream: 'b' },
    { name: 'd', upstream: 'b' },
  ],
  synchronous: null,
};

const authorityOf = (shape: ClusterShape, name: string): Authority => ({
  termSeen: shape.term,
  role: name === shape.primary ? 'leader' : 'follower',
  leaderTerm: name === shape.primary ? shape.term : null,
  fenced: null,
  unusable: null,
  performing: [],
  journal: { sequence: 1, hash: '0'.repeat(64) },
  obstacles: [],
  poolers: [{ name: shape.slug, reachable: true, paused: false, primary: shape.primary, message: null }],
  peers: shape.nodes.map((node) => node.name),
});

export function inputOf(shape: ClusterShape, primaryIs: 'writable' | 'stopped'): PlanningInput {
  const nodes = shape.nodes.map(({ name, upstream }) => {
    const observation = { authority: authorityOf(shape, name) };
    const below = shape.nodes.filter((node) => node.upstream === name && node.name !== shape.returning).map((node) => node.name);
    const sending = { downstreams: below.map((standby) => aDownstream(standby)), slots: below.map((standby) => aSlot(standby)) };
    if (upstream !== null) return aStandby(name, upstream, { observation, postgres: sending });
    const { synchronous } = shape;
    const names = synchronous === null ? '' : `ANY ${synchronous.required} (${synchronous.standbys.join(', ')})`;
    return aPrimary(name, { observation, postgres: { ...sending, synchronousStandbyNames: names } });
  });
  const leadership = { term: shape.term, holder: shape.primary, timeline: 1 };
  let cluster: ClusterInput = { ...aClusterInput(), slug: shape.slug, policy: DEFAULT_POLICY, leadership, nodes };
  if (shape.returning !== undefined) cluster = withNode(cluster, shape.returning, (node) => notAnswering(node, 'stopped'));
  const lastPrimary = evaluated(cluster).view.lastPrimary ?? null;
  if (primaryIs === 'stopped') cluster = withNode(cluster, shape.primary, (node) => notAnswering(node, 'stopped'));
  // While the primary is down it can't be asked: the view remembers it as it last was.
  const view = { ...evaluated(cluster).view, lastPrimary };
  return {
    cluster: shape.slug,
    policy: DEFAULT_POLICY,
    fenceCommandConfigured: true,
    view,
    leadership: { ...leadership, source: 'first-seen', operation: null, since: iso(NOW_MS - 60_000) },
    nodes: cluster.nodes.map(({ name, site, latest, facts }) => ({
      name,
      site,
      enrolled: true,
      observation: latest?.observation ?? null,
      observedAtMs: latest?.observedAtMs ?? null,
      facts,
      identityLockReason: null,
      journalBreak: null,
      maintenance: null,
    })),
    earlier: [],
    underWay: [],
    nowMs: NOW_MS,
  };
}

export function planFor(shape: ClusterShape, request: OperationRequest): Plan {
  const planned = planOperation(request, inputOf(shape, request.kind === 'failover' ? 'stopped' : 'writable'));
  if (!('plan' in planned)) throw new Error(`There is no plan: ${planned.impossible.join(' ')}`);
  return planned.plan;
}
