/** Whole clusters as the domain is given them, and the views that follow. */
import type { ClusterPolicy, PolicyChanges } from '../../lib/domain/policy/cluster-policy.ts';
import { DEFAULT_POLICY } from '../../lib/domain/policy/cluster-policy.ts';
import type { NodeFacts } from '../../lib/agent-contract/facts.ts';
import type { Observation, PostgresObservation } from '../../lib/agent-contract/observation.ts';
import { ruleContext } from '../../lib/domain/findings/rule.ts';
import { evaluateRpo } from '../../lib/domain/lag/rpo.ts';
import { parseLsnOrNull } from '../../lib/domain/postgres/lsn.ts';
import type { Topology } from '../../lib/domain/topology/assemble.ts';
import { assembleTopology } from '../../lib/domain/topology/assemble.ts';
import type { ClusterBoards } from '../../lib/domain/topology/cluster-boards.ts';
import { clusterBoards } from '../../lib/domain/topology/cluster-boards.ts';
import { buildClusterView } from '../../lib/domain/topology/cluster-view.ts';
import type { ClusterInput, HistoryPoint, NodeInput } from '../../lib/domain/topology/inputs.ts';
import type { ClusterView, Rpo, Site } from '../../lib/domain/topology/model.ts';
import { NOW_MS, idleLsnAt } from './moment.ts';
import {
  SYSTEM_IDENTIFIER,
  aDownstream,
  aPrimaryPostgres,
  aSlot,
  aStandbyPostgres,
  anObservation,
  someFacts,
  aWalReceiver,
} from './observation.ts';

export const SITES = {
  'aws-use1-a': { provider: 'AWS', region: 'us-east-1', zone: 'us-east-1a', jurisdiction: 'US' },
  'aws-use1-b': { provider: 'AWS', region: 'us-east-1', zone: 'us-east-1b', jurisdiction: 'US' },
  'gcp-use4-a': { provider: 'GCP', region: 'us-east4', zone: 'us-east4-a', jurisdiction: 'US' },
  'rax-dfw-a': { provider: 'Rackspace', region: 'dfw', zone: 'dfw-a', jurisdiction: 'US' },
} as const satisfies Record<string, Site>;

export interface NodeOptions {
  /** Differences to an idle node's PostgreSQL; `null`: it did not answer. */
  postgres?: Partial<PostgresObservation> | null;
  observation?: Partial<Observation>;
  /** `null`: none were reported yet. */
  facts?: Partial<NodeFacts> | null;
  site?: Site;
  /** How long before `nowMs` the sample was taken. */
  ageMs?: number;
  nowMs?: number;
  /** Differences of the node itself, such as `{ latest: null, enrolled: false }`. */
  node?: Partial<NodeInput>;
}

/** A primary without standbys; give `postgres.downstreams` and `postgres.slots`. */
export function aPrimary(name: string, options: NodeOptions = {}): NodeInput {
  const atMs = (options.nowMs ?? NOW_MS) - (options.ageMs ?? 400);
  const postgres = options.postgres === null ? null : aPrimaryPostgres(options.postgres, atMs);
  return aNode(name, options, atMs, postgres, 'primary');
}

/** A standby that streams from `upstreamName` and is level with it. */
export function aStandby(name: string, upstreamName: string, options: NodeOptions = {}): NodeInput {
  const atMs = (options.nowMs ?? NOW_MS) - (options.ageMs ?? 200);
  const postgres = options.postgres === null ? null : aStandbyPostgres(name, upstreamName, options.postgres, atMs);
  return aNode(name, options, atMs, postgres, 'standby');
}

function aNode(
  name: string,
  options: NodeOptions,
  atMs: number,
  postgres: PostgresObservation | null,
  role: 'primary' | 'standby',
): NodeInput {
  return {
    name,
    site: options.site ?? (SITES as Record<string, Site>)[name] ?? SITES['aws-use1-a'],
    enrolled: true,
    latest: {
      observation: anObservation({ postgres, ...options.observation }, atMs),
      observedAtMs: atMs,
      receivedAtMs: atMs + 60,
      agentVersion: '0.1.0',
    },
    facts: options.facts === null ? null : someFacts(options.facts),
    identityLockReason: null,
    journalBreak: null,
    brokeGlass: null,
    history: idleHistory(role, atMs, postgres),
    walRateBuckets: Array.from({ length: 30 }, () => 128),
    ...options.node,
  };
}

/** A minute of an idle node, ending with its newest sample. */
export function idleHistory(role: 'primary' | 'standby', untilMs: number, newest: PostgresObservation | null): HistoryPoint[] {
  return Array.from({ length: 60 }, (_, index): HistoryPoint => {
    const atMs = untilMs - (59 - index) * 1000;
    const isNewest = index === 59 && newest !== null;
    const lsn = idleLsnAt(atMs);
    return {
      atMs,
      flushLsn: role !== 'primary' ? null : isNewest ? parseLsnOrNull(newest.flushLsn) : lsn,
      receiveLsn: role !== 'standby' ? null : isNewest ? parseLsnOrNull(newest.receiveLsn) : lsn,
      replayLsn: role !== 'standby' ? null : isNewest ? parseLsnOrNull(newest.replayLsn) : lsn,
      walBytesPerSecond: 128,
      walFreeBytes: 480 * 1024 ** 2,
      dataFreeBytes: 120 * 1024 ** 3,
      archivedCount: 12,
      archiveFailedCount: 0,
    };
  });
}

export function aPolicy(overrides: PolicyChanges = {}): ClusterPolicy {
  return { ...DEFAULT_POLICY, jurisdictions: ['US'], rtoObjectiveSeconds: 60, rpoObjectiveSeconds: 5, ...overrides };
}

/** `payments`: idle and correct. A primary with two direct standbys, and one that cascades from the first of these. */
export function aClusterInput(overrides: Partial<ClusterInput> = {}): ClusterInput {
  return {
    slug: 'payments',
    name: 'payments',
    policy: aPolicy(),
    systemIdentifier: SYSTEM_IDENTIFIER,
    leadership: { term: 1, holder: 'aws-use1-a', timeline: 1 },
    nodes: [
      aPrimary('aws-use1-a', {
        postgres: {
          downstreams: [aDownstream('aws-use1-b'), aDownstream('rax-dfw-a')],
          slots: [aSlot('aws_use1_b'), aSlot('rax_dfw_a')],
        },
      }),
      aStandby('aws-use1-b', 'aws-use1-a', { postgres: { downstreams: [aDownstream('gcp-use4-a')], slots: [aSlot('gcp_use4_a')] } }),
      aStandby('gcp-use4-a', 'aws-use1-b'),
      aStandby('rax-dfw-a', 'aws-use1-a'),
    ],
    previousRpo: null,
    recentBounds: [],
    openFindings: [],
    ...overrides,
  };
}

/** The cluster with one node changed; the others stay as they are. */
export function withNode(input: ClusterInput, name: string, change: (node: NodeInput) => NodeInput): ClusterInput {
  return { ...input, nodes: input.nodes.map((node) => (node.name === name ? change(node) : node)) };
}

/** The node with differences in what PostgreSQL last said. */
export function withPostgres(node: NodeInput, overrides: Partial<PostgresObservation>): NodeInput {
  const { latest } = node;
  if (latest?.observation.postgres == null) throw new Error(`${node.name} has no PostgreSQL sample to change.`);
  return {
    ...node,
    latest: { ...latest, observation: { ...latest.observation, postgres: { ...latest.observation.postgres, ...overrides } } },
  };
}

/** Topology, RPO, view and boards of a cluster, computed as the controller does. */
export function evaluated(input: ClusterInput, nowMs = NOW_MS): { topology: Topology; rpo: Rpo; view: ClusterView; boards: ClusterBoards } {
  const topology = assembleTopology(input, nowMs);
  const rpo = evaluateRpo(input, topology, nowMs);
  const boards = clusterBoards(ruleContext(input, topology, rpo, nowMs), input.openFindings);
  return { topology, rpo, view: buildClusterView(input, topology, rpo, input.leadership, input.openFindings, nowMs), boards };
}

/** The view of `payments`, idle and correct, computed at `NOW_MS`. */
export function aClusterView(overrides: Partial<ClusterView> = {}, input = aClusterInput()): ClusterView {
  return { ...evaluated(input).view, ...overrides };
}

/** One node of the assembled topology. */
export const nodeOf = (input: ClusterInput, name: string, nowMs = NOW_MS) =>
  assembleTopology(input, nowMs).nodes.find((node) => node.name === name)!;
/** The edge into a standby. */
export const linkTo = (input: ClusterInput, name: string, nowMs = NOW_MS) =>
  assembleTopology(input, nowMs).links.find((link) => link.to === name);

/** The node as it was, so long ago: its agent has been silent since. */
export const silentFor = (node: NodeInput, ms: number): NodeInput => ({
  ...node,
  latest: { ...node.latest!, observedAtMs: node.latest!.observedAtMs - ms, receivedAtMs: node.latest!.receivedAtMs - ms },
  history: node.history.map((point) => ({ ...point, atMs: point.atMs - ms })),
});
/** The agent reports, but PostgreSQL does not answer it. */
export const notAnswering = (node: NodeInput, state: 'stopped' | 'not-responding' | 'starting' | 'refusing'): NodeInput => ({
  ...node,
  latest: { ...node.latest!, observation: { ...node.latest!.observation, postgres: null, server: { state, message: null } } },
});

/**
 * The primary was cut off from everybody so long ago: not seen since, and no packet has told its standbys, whose receivers wait. Whether
 * they stream is unknown.
 */
export const withPrimaryCutOff = (input: ClusterInput, ms: number): ClusterInput => ({
  ...input,
  nodes: input.nodes.map((node) =>
    node.name === input.leadership?.holder
      ? silentFor(node, ms)
      : withPostgres(node, { walReceiver: aWalReceiver({ lastMessageReceivedAt: new Date(NOW_MS - ms).toISOString() }) }),
  ),
});
