import { describe, expect, test } from 'vitest';
import {
  NOW_MS,
  SITES,
  aClusterInput,
  aDownstream,
  aPrimary,
  aSlot,
  aStandby,
  aWalReceiver,
  evaluated,
  idleLsnAt,
  idleLsnTextAt,
  iso,
  someFacts,
  withNode,
  withPostgres,
} from '../../../test/builders/index.ts';
import type { HbaRule, NodeFacts } from '../../agent-contract/facts.ts';
import type { Observation, PostgresObservation } from '../../agent-contract/observation.ts';
import type { ClusterInput, NodeInput } from '../topology/inputs.ts';
import { formatLsn } from '../postgres/lsn.ts';
import { describeFinding } from './catalogue.ts';
import { RULES, evaluateFindings } from './evaluate.ts';
import type { FindingCandidate, FindingCode, Severity } from './model.ts';
import { FINDING_CODES } from './model.ts';

const evaluate = (input: ClusterInput, nowMs = NOW_MS): FindingCandidate[] => {
  const { topology, rpo } = evaluated(input, nowMs);
  return evaluateFindings(input, topology, rpo, nowMs);
};
const MB = 1024 ** 2;
const P = 'aws-use1-a';
const S = 'rax-dfw-a';

const change = (name: string, how: (node: NodeInput) => NodeInput, input = aClusterInput()) => withNode(input, name, how);
const pg = (name: string, overrides: Partial<PostgresObservation>, input = aClusterInput()) =>
  change(name, (node) => withPostgres(node, overrides), input);
const facts = (name: string, overrides: Partial<NodeFacts>) => change(name, (node) => ({ ...node, facts: someFacts(overrides) }));
const observed = (name: string, overrides: Partial<Observation>, input = aClusterInput()) =>
  change(name, (node) => ({ ...node, latest: { ...node.latest!, observation: { ...node.latest!.observation, ...overrides } } }), input);
const away = (name: string, input = aClusterInput()) =>
  change(name, (node) => ({ ...node, latest: { ...node.latest!, observedAtMs: NOW_MS - 8_000, receivedAtMs: NOW_MS - 8_000 } }), input);
const server = (name: string, state: 'stopped' | 'not-responding' | 'refusing' | 'starting') =>
  observed(name, { postgres: null, server: { state, message: null } });
const unlisted = (name: string, input: ClusterInput) => pg(P, { downstreams: [aDownstream('aws-use1-b')] }, away(name, input));
const setting = (name: string, value: string) => ({
  settings: [...someFacts().settings!.filter((one) => one.name !== name), { name, value, source: 'x', pendingRestart: false }],
});
const hba = (overrides: Partial<HbaRule>) =>
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
const archiver = (overrides: Partial<PostgresObservation['archiver']>) => {
  const base = aClusterInput().nodes[0]!.latest!.observation.postgres!.archiver;
  return pg(P, { archiver: { ...base, ...overrides } });
};
const volumes = (freeBytes: number, sizeBytes: number) =>
  observed(P, { volumes: [{ purpose: 'wal', mountPoint: '/wal', sizeBytes, freeBytes }] });
const replayed = (lsn: bigint, node: NodeInput): NodeInput => ({
  ...node,
  history: node.history.map((point) => ({ ...point, replayLsn: point.replayLsn! < lsn ? point.replayLsn : lsn })),
});
const stuck = idleLsnAt(NOW_MS - 30_000);
const idleSlot = (overrides = {}) =>
  aSlot('rax_dfw_a', { active: false, inactiveSince: iso(NOW_MS - 120_400), retainedBytes: 40 * MB, ...overrides });
/** The primary has written 1 MB/s for its minute of history. */
const busy = (input: ClusterInput) =>
  change(P, (node) => ({ ...node, history: node.history.map((point, index) => ({ ...point, flushLsn: BigInt(index * MB) })) }), input);

/** Every node moves by 1 MB/s together. */
const busyTogether = (input: ClusterInput): ClusterInput => ({
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

interface Case {
  name: string;
  code: FindingCode;
  input: ClusterInput;
  severity: Severity;
  node: string | null;
  subject?: string | null;
  says?: string;
}

const OPENS: Case[] = [
  { name: 'agent silent', code: 'node-not-seen', input: away(S), severity: 'warning', node: S, says: 'last seen 8 s ago' },
  { name: 'primary’s agent silent', code: 'node-not-seen', input: away(P), severity: 'critical', node: P },
  {
    name: 'joined, never reported',
    code: 'node-not-seen',
    input: change(S, (n) => ({ ...n, latest: null })),
    severity: 'warning',
    node: S,
  },
  { name: 'primary stopped', code: 'server-not-running', input: server(P, 'stopped'), severity: 'critical', node: P },
  { name: 'standby stopped', code: 'server-not-running', input: server(S, 'stopped'), severity: 'warning', node: S },
  { name: 'primary frozen', code: 'server-not-responding', input: server(P, 'not-responding'), severity: 'critical', node: P },
  {
    name: 'too many connections',
    code: 'server-not-responding',
    input: server(P, 'refusing'),
    severity: 'warning',
    node: P,
    says: 'alive',
  },
  {
    name: 'commit probe fails',
    code: 'primary-not-writable',
    input: pg(P, { writeProbe: { ok: false, commitMs: null, reason: 'disk full' } }),
    severity: 'critical',
    node: P,
    says: 'disk full',
  },
  { name: 'primary stopped', code: 'no-primary', input: server(P, 'stopped'), severity: 'critical', node: null },
  {
    name: 'a second writable node',
    code: 'two-writable-nodes',
    input: change(S, () => aPrimary(S, { postgres: { timeline: 2 } })),
    severity: 'critical',
    node: null,
    subject: `${P}, ${S}`,
  },
  {
    name: 'old primary returned',
    code: 'node-out-of-term',
    input: { ...aClusterInput(), leadership: { term: 2, holder: S, timeline: 2 } },
    severity: 'critical',
    node: P,
  },
  { name: 'standby on a later timeline', code: 'timeline-fork', input: pg(S, { timeline: 2 }), severity: 'critical', node: S },
  {
    name: 'standby ahead of the primary',
    code: 'timeline-fork',
    input: change(S, (n) => ({ ...n, history: n.history.map((point) => ({ ...point, receiveLsn: point.receiveLsn! + 1_000_000n })) })),
    severity: 'critical',
    node: S,
    says: 'beyond what',
  },
  {
    name: 'walreceiver gone',
    code: 'standby-not-receiving',
    input: pg(S, { walReceiver: null, receiveLsn: idleLsnTextAt(NOW_MS - 30_000), replayLsn: idleLsnTextAt(NOW_MS - 30_000) }),
    severity: 'critical',
    node: S,
    says: 'behind',
  },
  {
    name: 'cut towards the upstream',
    code: 'standby-not-seen-by-upstream',
    input: pg(P, {
      downstreams: [
        aDownstream('aws-use1-b'),
        aDownstream(S, { replyAt: iso(NOW_MS - 9e3), flushLsn: idleLsnTextAt(NOW_MS - 9e3), replayLsn: null }),
      ],
    }),
    severity: 'warning',
    node: S,
  },
  {
    name: 'not listed by the upstream',
    code: 'standby-not-seen-by-upstream',
    input: pg(P, { downstreams: [aDownstream('aws-use1-b')] }),
    severity: 'warning',
    node: S,
  },
  {
    name: 'replay stands still',
    code: 'replay-stalled',
    input: change(S, (n) => replayed(stuck, withPostgres(n, { replayLsn: idleLsnTextAt(NOW_MS - 30_000) }))),
    severity: 'warning',
    node: S,
  },
  { name: 'replay paused', code: 'replay-paused', input: pg(S, { replayPaused: true }), severity: 'warning', node: S },
  {
    name: 'standby killed with its agent',
    code: 'standby-missing',
    input: unlisted(S, aClusterInput()),
    severity: 'warning',
    node: S,
    says: 'lists no live stream',
  },
  {
    name: 'never enrolled',
    code: 'standby-missing',
    input: change(S, (n) => ({ ...n, latest: null, enrolled: false }), pg(P, { downstreams: [aDownstream('aws-use1-b')], slots: [] })),
    severity: 'warning',
    node: S,
    says: 'no agent',
  },
  {
    name: 'slot lost under a dead standby',
    code: 'wal-removed',
    input: pg(P, { slots: [idleSlot({ walStatus: 'lost', restartLsn: null })] }, pg(S, { walReceiver: null })),
    severity: 'warning',
    node: S,
    says: 'lost its slot',
  },
  {
    name: 'no slot, and behind all that is kept',
    code: 'wal-removed',
    input: pg(
      P,
      { slots: [], walDirectoryBytes: 1000 },
      pg(S, {
        walReceiver: null,
        configuredUpstream: { host: P, port: 5432, applicationName: S, slotName: null },
        receiveLsn: '0/3000000',
        replayLsn: '0/3000000',
      }),
    ),
    severity: 'warning',
    node: S,
    says: 'beyond all WAL kept',
  },
  {
    name: 'consumer gone for two minutes',
    code: 'slot-inactive',
    input: pg(P, { slots: [idleSlot()] }, away(S, pg(P, { downstreams: [] }))),
    severity: 'warning',
    node: P,
    subject: 'rax_dfw_a',
  },
  {
    name: 'unreserved',
    code: 'slot-will-be-lost',
    input: pg(P, { slots: [idleSlot({ walStatus: 'unreserved', safeWalBytes: -5 })] }),
    severity: 'critical',
    node: P,
    subject: 'rax_dfw_a',
  },
  {
    name: 'idle while the primary writes',
    code: 'slot-will-be-lost',
    input: busy(pg(P, { slots: [idleSlot({ safeWalBytes: 600 * MB })] })),
    severity: 'critical',
    node: P,
    says: 'lost in 10 min',
  },
  {
    name: 'lost',
    code: 'slot-lost',
    input: pg(P, { slots: [idleSlot({ walStatus: 'lost', restartLsn: null })] }),
    severity: 'critical',
    node: P,
    subject: 'rax_dfw_a',
  },
  {
    name: '4 % of a small volume free',
    code: 'disk-filling',
    input: volumes(25 * MB, 640 * MB),
    severity: 'critical',
    node: P,
    subject: 'wal',
  },
  {
    name: 'unlimited idle slot under load',
    code: 'disk-filling',
    input: busy(pg(P, { slots: [idleSlot({ safeWalBytes: null })] })),
    severity: 'critical',
    node: P,
    says: 'full in 8 min at 1 MB/s',
  },
  {
    name: 'archiving just failed',
    code: 'archive-failing',
    input: archiver({ lastFailedAt: iso(NOW_MS - 1_000), lastFailedWal: 'W', failedCount: 1 }),
    severity: 'critical',
    node: P,
  },
  {
    name: 'archiving never worked',
    code: 'archive-failing',
    input: archiver({ lastArchivedAt: null, lastArchivedWal: null, lastFailedAt: iso(NOW_MS - 90_000), failedCount: 3 }),
    severity: 'critical',
    node: P,
    says: 'never succeeded',
  },
  {
    name: 'a segment waits three minutes',
    code: 'archive-stalled',
    input: archiver({ readyCount: 4, oldestReadyAgeMs: 180_000 }),
    severity: 'warning',
    node: P,
    subject: null,
  },
  {
    name: 'reported, but not in the repository',
    code: 'archive-stalled',
    input: archiver({ lastArchivedWal: '000000010000000000000005' }),
    severity: 'critical',
    node: P,
    subject: 'repository',
  },
  { name: 'archive_mode off', code: 'archive-off', input: archiver({ mode: 'off' }), severity: 'warning', node: P },
  {
    name: 'commits wait',
    code: 'sync-standby-missing',
    input: pg(P, { synchronousStandbyNames: 'ANY 1 (x, y)' }),
    severity: 'critical',
    node: P,
  },
  {
    name: 'plain stream',
    code: 'tls-off',
    input: pg(P, { downstreams: [aDownstream(S, { tls: null })] }),
    severity: 'critical',
    node: S,
    subject: P,
  },
  {
    name: 'TLS 1.2',
    code: 'tls-below-1-3',
    input: pg(P, { downstreams: [aDownstream(S, { tls: { version: 'TLSv1.2', cipher: 'X', bits: 256 } })] }),
    severity: 'warning',
    node: P,
    subject: S,
  },
  {
    name: 'server certificate: 20 d',
    code: 'certificate-expiring',
    input: facts(P, { certificates: [{ purpose: 'server', subject: 'CN', notAfter: iso(NOW_MS + 20 * 864e5) }] }),
    severity: 'warning',
    node: P,
    subject: 'server',
  },
  {
    name: 'CA: 5 d',
    code: 'certificate-expiring',
    input: facts(P, { certificates: [{ purpose: 'server-ca', subject: 'CN', notAfter: iso(NOW_MS + 5 * 864e5) }] }),
    severity: 'critical',
    node: P,
    subject: 'server-ca',
  },
  {
    name: 'agent: 20 h',
    code: 'certificate-expiring',
    input: facts(P, { certificates: [{ purpose: 'agent', subject: 'CN', notAfter: iso(NOW_MS + 20 * 36e5) }] }),
    severity: 'warning',
    node: P,
    subject: 'agent',
  },
  {
    name: 'replication from anywhere',
    code: 'hba-too-wide',
    input: hba({ databases: ['replication'], users: ['replicator'], address: '0.0.0.0', netmask: '0.0.0.0' }),
    severity: 'warning',
    node: P,
    subject: 'line 7',
  },
  {
    name: 'all users from 10/8',
    code: 'hba-too-wide',
    input: hba({ address: '10.0.0.0', netmask: '255.0.0.0' }),
    severity: 'warning',
    node: P,
  },
  { name: 'all users from ::/0', code: 'hba-too-wide', input: hba({ address: '::', netmask: '::' }), severity: 'warning', node: P },
  { name: 'md5', code: 'hba-weak-method', input: hba({ method: 'md5' }), severity: 'warning', node: P },
  { name: 'trust from the network', code: 'hba-weak-method', input: hba({ method: 'trust' }), severity: 'critical', node: P },
  {
    name: 'trust on the socket',
    code: 'hba-weak-method',
    input: hba({ type: 'local', address: null, netmask: null, method: 'trust' }),
    severity: 'info',
    node: P,
  },
  {
    name: 'a standby logs in as postgres',
    code: 'replication-superuser',
    input: pg(P, { downstreams: [aDownstream(S, { user: 'postgres' })] }),
    severity: 'warning',
    node: P,
    subject: 'postgres',
  },
  {
    name: '2 s behind',
    code: 'clock-skew',
    input: observed(S, { clock: { offsetMs: 2_000, uncertaintyMs: 10, chrony: null } }),
    severity: 'warning',
    node: S,
    says: '2 s behind',
  },
  {
    name: '10 min ahead',
    code: 'clock-skew',
    input: observed(S, { clock: { offsetMs: -600_000, uncertaintyMs: 10, chrony: null } }),
    severity: 'critical',
    node: S,
    says: '10 min ahead of',
  },
  {
    name: 'another minor version',
    code: 'version-mismatch',
    input: pg(S, { serverVersionNumber: 150_012 }),
    severity: 'warning',
    node: S,
    says: '15.12',
  },
  {
    name: 'another architecture',
    code: 'version-mismatch',
    input: facts(S, { architecture: 'aarch64' }),
    severity: 'critical',
    node: S,
    subject: 'architecture',
  },
  {
    name: 'max_connections lower',
    code: 'parameter-mismatch',
    input: facts(S, setting('max_connections', '20')),
    severity: 'warning',
    node: S,
    subject: 'max_connections',
  },
  { name: 'another glibc', code: 'collation-mismatch', input: facts(S, { collation: 'libc 2.31' }), severity: 'warning', node: S },
  {
    name: 'another cluster’s data',
    code: 'system-identifier-mismatch',
    input: pg(S, { systemIdentifier: '1' }),
    severity: 'critical',
    node: S,
  },
  {
    name: 'no checksums, no hints',
    code: 'rewind-not-possible',
    input: facts(S, { ...setting('wal_log_hints', 'off'), control: { ...someFacts().control!, dataChecksumVersion: 0 } }),
    severity: 'warning',
    node: S,
  },
  {
    name: 'full_page_writes off',
    code: 'rewind-not-possible',
    input: facts(S, setting('full_page_writes', 'off')),
    severity: 'warning',
    node: S,
  },
  {
    name: 'a grant missing for rewind',
    code: 'rewind-not-possible',
    input: facts(S, { rewindObstacles: ['No EXECUTE on pg_read_binary_file.'] }),
    severity: 'warning',
    node: S,
    says: 'pg_read_binary_file',
  },
  {
    name: 'no repository known',
    code: 'backup-missing',
    input: { ...aClusterInput(), nodes: aClusterInput().nodes.map((n) => ({ ...n, facts: someFacts({ backupRepository: null }) })) },
    severity: 'warning',
    node: null,
  },
  {
    name: 'only failed backups',
    code: 'backup-missing',
    input: {
      ...aClusterInput(),
      nodes: aClusterInput().nodes.map((n) => ({
        ...n,
        facts: someFacts({
          backupRepository: { ...someFacts().backupRepository!, backups: [{ ...someFacts().backupRepository!.backups[0]!, failed: true }] },
        }),
      })),
    },
    severity: 'critical',
    node: null,
  },
  {
    name: 'newest backup 9 d old',
    code: 'backup-missing',
    input: {
      ...aClusterInput(),
      nodes: aClusterInput().nodes.map((n) => ({
        ...n,
        facts: someFacts({
          backupRepository: {
            ...someFacts().backupRepository!,
            backups: [{ ...someFacts().backupRepository!.backups[0]!, finishedAt: iso(NOW_MS - 9 * 864e5) }],
          },
        }),
      })),
    },
    severity: 'warning',
    node: null,
    says: '9 d old',
  },
  {
    name: 'outside the jurisdiction',
    code: 'residency-broken',
    input: aClusterInput({ jurisdictions: ['EU'] }),
    severity: 'critical',
    node: S,
  },
  {
    name: 'one provider',
    code: 'provider-concentration',
    input: aClusterInput({ nodes: aClusterInput().nodes.map((n) => ({ ...n, site: SITES['aws-use1-a'] })) }),
    severity: 'info',
    node: null,
    subject: 'AWS',
  },
  {
    name: 'locked identity',
    code: 'identity-duplicated',
    input: change(S, (n) => ({ ...n, identityLockReason: 'Two agents.' })),
    severity: 'critical',
    node: S,
  },
  {
    name: 'a missing grant',
    code: 'agent-problem',
    input: facts(S, { agentProblems: ['No pg_monitor.', 'No pgbackrest.'] }),
    severity: 'warning',
    node: S,
    says: 'and 1 more',
  },
];

describe('opens', () => {
  test.each(OPENS)('$code: $name', ({ code, input, severity, node, subject, says }) => {
    const found = evaluate(input).filter((finding) => finding.code === code && finding.nodeName === node);
    expect(found.length).toBeGreaterThanOrEqual(1);
    const [finding] = subject === undefined ? found : found.filter((candidate) => candidate.subject === subject);
    expect(finding).toMatchObject({ severity });
    if (says !== undefined) expect(finding!.summary).toContain(says);
    expect(finding!.summary).not.toMatch(/undefined|NaN|null/);
    const described = describeFinding(finding!, 'id', NOW_MS);
    expect(described.nextAction).not.toMatch(/\{node\}|\{subject\}/);
  });

  test('every code has a rule and a case', () => {
    expect(new Set(RULES.map(({ code }) => code))).toEqual(new Set(FINDING_CODES));
    expect(new Set(OPENS.map(({ code }) => code))).toEqual(new Set(FINDING_CODES));
  });
});

describe('stays quiet', () => {
  test('on an idle, correct cluster: no finding at all', () => expect(evaluate(aClusterInput())).toEqual([]));

  test.each<[string, ClusterInput]>([
    ['a busy primary whose standbys keep up', busyTogether(aClusterInput())],
    ['the bootstrap superuser exists', pg(P, { downstreams: [aDownstream('aws-use1-b'), aDownstream(S)] })],
    ['loopback ranges and peer', hba({ address: '127.77.0.0', netmask: '255.255.0.0' })],
    ['a wide reject line', hba({ address: '0.0.0.0', netmask: '0.0.0.0', method: 'reject' })],
    ['a wide line for one user', hba({ users: ['app'], address: '10.0.0.0', netmask: '255.0.0.0' })],
    [
      'an old archive failure that was followed by success',
      archiver({ failedCount: 9, lastFailedAt: iso(NOW_MS - 90_000), lastFailedWal: 'W' }),
    ],
    ['a segment that waits a moment', archiver({ readyCount: 1, oldestReadyAgeMs: 3_000 })],
    [
      'an unused spare slot',
      pg(P, { slots: [aSlot('rax_dfw_a'), aSlot('gcp_use4_a', { active: false, restartLsn: null, inactiveSince: iso(NOW_MS - 9e6) })] }),
    ],
    [
      'a spare slot that moves along',
      pg(P, {
        slots: [aSlot('rax_dfw_a'), aSlot('gcp_use4_a', { active: false, inactiveSince: iso(NOW_MS - 9e6), retainedBytes: 2 * MB })],
      }),
    ],
    ['a clock off by less than a second', observed(S, { clock: { offsetMs: 900, uncertaintyMs: 10, chrony: null } })],
    ['a clock whose offset is uncertain', observed(S, { clock: { offsetMs: 1_800, uncertaintyMs: 1_500, chrony: null } })],
    ['checksums without hint logging', facts(S, setting('wal_log_hints', 'off'))],
    ['higher settings on the standby', facts(S, setting('max_connections', '500'))],
    ['a large disk with few percent free', volumes(900 * 1024 ** 3, 10 * 1024 ** 4)],
    ['facts not known yet', { ...aClusterInput(), nodes: aClusterInput().nodes.map((node) => ({ ...node, facts: null })) }],
    [
      'an EU member under an EU rule',
      aClusterInput({
        jurisdictions: ['EU'],
        nodes: aClusterInput().nodes.map((n) => ({ ...n, site: { ...n.site, jurisdiction: 'DE' } })),
      }),
    ],
    [
      'a satisfied quorum',
      pg(P, {
        synchronousStandbyNames: 'ANY 1 ("aws-use1-b")',
        downstreams: [aDownstream('aws-use1-b', { syncState: 'quorum' }), aDownstream(S)],
      }),
    ],
    [
      'a foreign receiver over plain TLS 1.2 that is no node',
      pg(P, {
        downstreams: [
          aDownstream('aws-use1-b'),
          aDownstream(S),
          aDownstream('pg_receivewal', { tls: { version: 'TLSv1.2', cipher: 'X', bits: 256 } }),
        ],
      }),
    ],
  ])('%s', (_, input) => expect(evaluate(input)).toEqual([]));

  test('a standby that is away is its own finding, and not one of what it would say', () => {
    expect(evaluate(away(S, pg(S, { walReceiver: null, replayPaused: true }))).map(({ code }) => code)).toEqual(['node-not-seen']);
  });

  test('nothing is concluded about roles while nothing is seen', () => {
    const nodes = aClusterInput().nodes.map((node) => ({ ...node, latest: { ...node.latest!, observedAtMs: NOW_MS - 9e6 } }));
    expect(new Set(evaluate(aClusterInput({ nodes })).map(({ code }) => code))).toEqual(new Set(['node-not-seen']));
  });
});

describe('what can’t be seen is held', () => {
  const open = (code: FindingCode, nodeName: string | null, subject: string | null = null) =>
    describeFinding({ code, severity: 'critical', nodeName, subject, summary: 'As it was.', evidence: {} }, 'id', NOW_MS - 60_000);
  const heldCodes = (input: ClusterInput) =>
    evaluate(input)
      .filter(({ held }) => held)
      .map(({ code }) => code);

  test('a finding on a node that went silent stays open with its last words', () => {
    const input = {
      ...away(S),
      openFindings: [open('standby-not-receiving', S), open('clock-skew', S), open('hba-weak-method', S, 'line 3')],
    };
    expect(heldCodes(input)).toEqual(['standby-not-receiving', 'clock-skew', 'hba-weak-method']);
  });

  test('it is not held once the node is seen again', () => {
    expect(heldCodes({ ...aClusterInput(), openFindings: [open('standby-not-receiving', S)] })).toEqual([]);
  });

  test('a split brain does not end by losing sight of one side', () => {
    expect(heldCodes({ ...away(S), openFindings: [open('two-writable-nodes', null, `${P}, ${S}`)] })).toEqual(['two-writable-nodes']);
    expect(heldCodes({ ...away(S), openFindings: [open('two-writable-nodes', null, `${P}, gcp-use4-a`)] })).toEqual([]);
  });

  test('an unencrypted stream that is down is still not proven encrypted', () => {
    const down = pg(P, { downstreams: [] });
    expect(heldCodes({ ...down, openFindings: [open('tls-off', S, P)] })).toEqual(['tls-off']);
  });

  test('a node that was taken out takes its findings along', () => {
    const nodes = aClusterInput().nodes.filter(({ name }) => name !== S);
    expect(heldCodes(aClusterInput({ nodes, openFindings: [open('clock-skew', S)] }))).toEqual([]);
  });
});

test('a cascade whose middle is cut: the finding names the node that receives nothing', () => {
  const held = idleLsnTextAt(NOW_MS - 9_000);
  const input = withNode(aClusterInput(), 'gcp-use4-a', () =>
    aStandby('gcp-use4-a', 'aws-use1-b', {
      postgres: { receiveLsn: held, replayLsn: held, walReceiver: aWalReceiver({ lastMessageReceivedAt: iso(NOW_MS - 9_000) }) },
    }),
  );
  expect(evaluate(input).map(({ code, nodeName }) => [code, nodeName])).toEqual([['standby-not-receiving', 'gcp-use4-a']]);
});
