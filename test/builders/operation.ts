/** Clusters as planners and checks are given them: the lab's two, whole, with agents that may act. */
import type { Authority } from '../../lib/agent-contract/commands.ts';
import type { LeadershipRecord } from '../../lib/domain/leadership/store.ts';
import type { PlanningInput, PlanningNode } from '../../lib/domain/operation/plan/inputs.ts';
import type { OperationRequest, Plan } from '../../lib/domain/operation/model.ts';
import { planOperation } from '../../lib/domain/operation/plan/plan.ts';
import type { ClusterInput, NodeInput } from '../../lib/domain/topology/inputs.ts';
import type { Site } from '../../lib/domain/topology/model.ts';
import { aClusterInput, aPolicy, aPrimary, aStandby, evaluated } from './cluster.ts';
import { NOW_MS, iso } from './moment.ts';
import { aDownstream, aSlot, someFacts } from './observation.ts';

/** Of an agent that may act, on a node that follows. */
export function anAuthority(overrides: Partial<Authority> = {}): Authority {
  return {
    termSeen: 1,
    role: 'follower',
    leaderTerm: null,
    fenced: null,
    unusable: null,
    performing: [],
    journal: { sequence: 0, hash: '0'.repeat(64) },
    obstacles: [],
    poolers: [],
    peers: [],
    ...overrides,
  };
}

const EU = (provider: string, region: string, zone: string): Site => ({ provider, region, zone, jurisdiction: 'EU' });

/** `ledger`: a primary and two standbys of which each commit waits for one. */
export function aLedgerInput(overrides: Partial<ClusterInput> = {}): ClusterInput {
  const sync = { syncState: 'quorum' as const };
  return aClusterInput({
    slug: 'ledger',
    name: 'Ledger',
    policy: aPolicy({ jurisdictions: ['EU'], rpoObjectiveSeconds: 0 }),
    leadership: { term: 1, holder: 'aws-euw1-a', timeline: 1 },
    nodes: [
      aPrimary('aws-euw1-a', {
        site: EU('aws', 'eu-west-1', 'eu-west-1a'),
        postgres: {
          synchronousStandbyNames: 'ANY 1 ("gcp-euw4-a", "az-weu-a")',
          downstreams: [aDownstream('gcp-euw4-a', sync), aDownstream('az-weu-a', sync)],
          slots: [aSlot('gcp_euw4_a'), aSlot('az_weu_a')],
        },
      }),
      aStandby('gcp-euw4-a', 'aws-euw1-a', { site: EU('gcp', 'europe-west4', 'a') }),
      aStandby('az-weu-a', 'aws-euw1-a', { site: EU('azure', 'westeurope', '1') }),
    ],
    ...overrides,
  });
}

/** Every agent may act, knows all peers and steers the cluster's pooler; the holder leads. */
function withAgents(input: ClusterInput): ClusterInput {
  const names = input.nodes.map(({ name }) => name);
  return { ...input, nodes: input.nodes.map((node) => (node.latest === null ? node : withAuthority(node, names, input))) };
}

function withAuthority(node: NodeInput, names: readonly string[], { slug, leadership }: ClusterInput): NodeInput {
  const leads = node.name === leadership?.holder;
  const pooler = { name: `${slug}-endpoint`, reachable: true, paused: false, primary: leadership?.holder ?? null, message: null };
  const authority = anAuthority({
    role: leads ? 'leader' : 'follower',
    leaderTerm: leads ? 1 : null,
    poolers: [pooler],
    peers: names.filter((name) => name !== node.name),
    ...node.latest!.observation.authority,
  });
  return { ...node, latest: { ...node.latest!, observation: { ...node.latest!.observation, authority } } };
}

const ENOUGH_ROOM = [{ name: 'max_replication_slots', value: '10', source: 'configuration file', pendingRestart: false }];

/** As the control database would give it for this cluster, at `nowMs`. */
export function aPlanningInput(
  cluster: ClusterInput = aClusterInput(),
  overrides: Partial<PlanningInput> = {},
  nowMs = NOW_MS,
): PlanningInput {
  const input = withAgents(cluster);
  const { leadership } = input;
  const record: LeadershipRecord | null =
    leadership === null ? null : { ...leadership, source: 'first-seen', operation: null, since: iso(nowMs - 3_600_000) };
  return {
    cluster: input.slug,
    policy: input.policy,
    fenceCommandConfigured: false,
    view: evaluated(input, nowMs).view,
    leadership: record,
    nodes: input.nodes.map(planningNode),
    earlier: [],
    underWay: [],
    nowMs,
    ...overrides,
  };
}

function planningNode({ name, site, enrolled, latest, facts, identityLockReason }: NodeInput): PlanningNode {
  const known = facts === null ? null : someFacts({ ...facts, settings: [...(facts.settings ?? []), ...ENOUGH_ROOM] });
  return {
    ...{ name, site, enrolled, identityLockReason, maintenance: null },
    observation: latest?.observation ?? null,
    observedAtMs: latest?.observedAtMs ?? null,
    facts: known,
  };
}

/** The cluster with its primary gone as `state` says; the last that was seen of it is remembered in the view. */
export function withDeadPrimary(cluster: ClusterInput, state: 'stopped' | 'not-responding' = 'stopped'): ClusterInput {
  const holder = cluster.leadership?.holder;
  const { view } = evaluated(cluster);
  return {
    ...cluster,
    previousLastPrimary: view.lastPrimary ?? null,
    nodes: cluster.nodes.map((node) =>
      node.name !== holder
        ? node
        : {
            ...node,
            latest: { ...node.latest!, observation: { ...node.latest!.observation, postgres: null, server: { state, message: null } } },
          },
    ),
  };
}

/** The plan, or an error with the sentences why there is none. */
export function aPlan(request: OperationRequest, input: PlanningInput = aPlanningInput()): Plan {
  const planned = planOperation(request, input);
  if ('impossible' in planned) throw new Error(planned.impossible.join(' '));
  return planned.plan;
}
