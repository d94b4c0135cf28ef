/** The idle cluster with one thing wrong: the vocabulary of the tests about findings. */
import type { HbaRule, NodeFacts } from '../../lib/agent-contract/facts.ts';
import type { Observation, PostgresObservation } from '../../lib/agent-contract/observation.ts';
import { evaluateFindings } from '../../lib/domain/findings/evaluate.ts';
import type { FindingCandidate, Severity } from '../../lib/domain/findings/model.ts';
import type { FindingCode } from '../../lib/domain/findings/registry.ts';
import { formatLsn } from '../../lib/domain/postgres/lsn.ts';
import type { ClusterInput, NodeInput } from '../../lib/domain/topology/inputs.ts';
import { aClusterInput, evaluated, withNode, withPostgres } from './cluster.ts';
import { NOW_MS, iso } from './moment.ts';
import { aSlot, someFacts } from './observation.ts';

export function evaluate(input: ClusterInput, nowMs = NOW_MS): FindingCandidate[] {
  const { topology, rpo } = evaluated(input, nowMs);
  return evaluateFindings(input, topology, rpo, nowMs);
}

/** A cluster, and the finding that it must give. */
export interface FindingCase {
  name: string;
  code: FindingCode;
  input: ClusterInput;
  severity: Severity;
  node: string | null;
  subject?: string | null;
  says?: string;
}

export const MB = 1024 ** 2;
/** The primary and a direct standby of the built cluster, short because every case names them. */
export const P = 'aws-use1-a';
export const S = 'rax-dfw-a';

/** The idle cluster with one node changed; the functions below change one thing of it each. */
export const change = (name: string, how: (node: NodeInput) => NodeInput, input = aClusterInput()) => withNode(input, name, how);
export const pg = (name: string, overrides: Partial<PostgresObservation>, input = aClusterInput()) =>
  change(name, (node) => withPostgres(node, overrides), input);
export const facts = (name: string, overrides: Partial<NodeFacts>) => change(name, (node) => ({ ...node, facts: someFacts(overrides) }));
export const observed = (name: string, overrides: Partial<Observation>, input = aClusterInput()) =>
  change(name, (node) => ({ ...node, latest: { ...node.latest!, observation: { ...node.latest!.observation, ...overrides } } }), input);
/** Its agent has been silent for eight seconds. */
export const away = (name: string, input = aClusterInput()) =>
  change(name, (node) => ({ ...node, latest: { ...node.latest!, observedAtMs: NOW_MS - 8_000, receivedAtMs: NOW_MS - 8_000 } }), input);
export const server = (name: string, state: 'stopped' | 'not-responding' | 'refusing' | 'starting') =>
  observed(name, { postgres: null, server: { state, message: null } });
export const setting = (name: string, value: string) => ({
  settings: [...someFacts().settings!.filter((one) => one.name !== name), { name, value, source: 'x', pendingRestart: false }],
});
/** The primary's pg_hba has one line, with these differences to a good one. */
export const hba = (overrides: Partial<HbaRule>) =>
  facts(P, {
    hbaRules: [
      {
        lineNumber: 7,
        type: 'hostssl',
        databases: ['all'],
        users: ['all'],
        address: '10.0.0.1',
        netmask: '255.255.255.255',
        method: 'scram-sha-256',
        error: null,
        ...overrides,
      },
    ],
  });
export const archiver = (overrides: Partial<PostgresObservation['archiver']>) => {
  const base = aClusterInput().nodes[0]!.latest!.observation.postgres!.archiver;
  return pg(P, { archiver: { ...base, ...overrides } });
};
export const volumes = (freeBytes: number, sizeBytes: number) =>
  observed(P, { volumes: [{ purpose: 'wal', mountPoint: '/wal', sizeBytes, freeBytes }] });
export const tablespaces = (...found: NonNullable<Observation['tablespaces']>['volumes']) =>
  observed(P, { tablespaces: { volumes: found, more: 0 } });
/** The standby's slot, two minutes without a consumer. */
export const idleSlot = (overrides = {}) =>
  aSlot('rax_dfw_a', { active: false, inactiveSince: iso(NOW_MS - 120_400), retainedBytes: 40 * MB, ...overrides });
/** The primary has written 1 MB/s for its minute of history. */
export const busy = (input: ClusterInput) =>
  change(P, (node) => ({ ...node, history: node.history.map((point, index) => ({ ...point, flushLsn: BigInt(index * MB) })) }), input);

/** Every node moves by 1 MB/s together. */
export const busyTogether = (input: ClusterInput): ClusterInput => ({
  ...input,
  nodes: input.nodes.map((node) => {
    const postgres = node.latest!.observation.postgres!;
    const lsn = formatLsn(BigInt(59 * MB));
    const at = (position: unknown, index: number) => (position === null ? null : BigInt(index * MB));
    const moved = withPostgres(node, {
      ...(postgres.inRecovery ? { receiveLsn: lsn, replayLsn: lsn } : { flushLsn: lsn, insertLsn: lsn }),
      downstreams: postgres.downstreams.map((row) => ({ ...row, flushLsn: lsn, replayLsn: lsn })),
    });
    const history = node.history.map((point, index) => ({
      ...point,
      flushLsn: at(point.flushLsn, index),
      receiveLsn: at(point.receiveLsn, index),
      replayLsn: at(point.replayLsn, index),
    }));
    return { ...moved, history };
  }),
});
