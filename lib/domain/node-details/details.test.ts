import { describe, expect, test } from 'vitest';
import { NOW_MS, SITES, aPolicy, iso, someFacts } from '../../../test/builders/index.ts';
import { buildNodeDetails } from './details.ts';
import type { NodeDetailsInput } from './details.ts';
import { compareWithPrimary } from './parity.ts';

const setting = (name: string, value: string) => ({ name, value, source: 'configuration file', pendingRestart: false });
const input = (over: Partial<NodeDetailsInput> = {}): NodeDetailsInput => ({
  name: 'aws-use1-b',
  uuid: '2b8e9f0a-0000-4000-8000-000000000001',
  site: SITES['aws-use1-b'],
  registeredAt: iso(NOW_MS - 86_400_000),
  enrolledAt: iso(NOW_MS - 86_000_000),
  observedAt: iso(NOW_MS),
  facts: someFacts(),
  factsAt: iso(NOW_MS - 20_000),
  observation: {
    clock: { offsetMs: 12, uncertaintyMs: 3, chrony: null },
    volumes: [{ purpose: 'wal', mountPoint: '/wal', sizeBytes: 1024 ** 3, freeBytes: 1024 ** 2 }],
  },
  postgres: {
    inRecovery: true,
    checkpoints: { timed: 4, requested: 1, lastCheckpointAt: iso(NOW_MS - 60_000) },
    startedAt: iso(NOW_MS - 3_600_000),
    conflictsCancelled: 0,
  },
  primaryName: 'aws-use1-a',
  primary: { facts: someFacts(), factsAt: iso(NOW_MS - 30_000) },
  leadership: null,
  policy: aPolicy(),
  clusterNodeNames: ['aws-use1-a', 'aws-use1-b'],
  events: [],
  pastFindings: [],
  ...over,
});

describe('details of a node', () => {
  test('of an agent that never reported, everything that rests on it is null and every setting unknown', () => {
    const details = buildNodeDetails(input({ facts: null, factsAt: null, observation: null, postgres: null, observedAt: null }));
    const { host, hba, certificates, parity, extensions, replicationRoles, rewindObstacles, agentProblems, checkpoints, control, clock } =
      details;
    for (const fact of [
      host,
      hba,
      certificates,
      parity,
      extensions,
      replicationRoles,
      rewindObstacles,
      agentProblems,
      checkpoints,
      control,
      clock,
    ])
      expect(fact).toBeNull();
    expect(details.conflictsCancelled).toBeNull();
    expect(details.settings.every(({ verdict }) => verdict === 'unknown')).toBe(true);
  });

  test('what could not be read is null although other facts came', () => {
    const facts = someFacts({ hbaRules: null, settings: null, control: null });
    expect(buildNodeDetails(input({ facts }))).toMatchObject({ hba: null, control: null, host: { hostName: 'db1' } });
  });

  test('the primary is not compared with itself', () => {
    expect(buildNodeDetails(input({ primaryName: 'aws-use1-b', primary: null })).parity).toBeNull();
  });

  test('lines of pg_hba.conf carry what is wrong with them', () => {
    const rule = {
      lineNumber: 7,
      type: 'host',
      databases: ['replication'],
      users: ['all'],
      address: '0.0.0.0',
      netmask: '0.0.0.0',
      method: 'md5',
      error: null,
    };
    const [line] = buildNodeDetails(input({ facts: someFacts({ hbaRules: [rule] }) })).hba!;
    expect(line?.problems.map(({ problem }) => problem)).toEqual(['too-wide', 'weak-method']);
    expect(buildNodeDetails(input()).hba?.every(({ problems }) => problems.length === 0)).toBe(true);
  });

  test('events are read leniently', () => {
    const at = iso(NOW_MS);
    const events: NodeDetailsInput['events'] = [
      { id: 2, at, kind: 'role', detail: { from: 'standby', to: 'primary' } },
      { id: 1, at, kind: 'timeline', detail: { from: null, to: 2, reason: { nested: true } } },
    ];
    expect(buildNodeDetails(input({ events })).events).toEqual([
      { id: 2, at, kind: 'role', from: 'standby', to: 'primary', reason: null },
      { id: 1, at, kind: 'timeline', from: null, to: '2', reason: null },
    ]);
  });
});

describe('parity', () => {
  const rowOf = (own = someFacts(), primary: ReturnType<typeof someFacts> | null = someFacts(), what = 'PostgreSQL') =>
    compareWithPrimary(own, primary).find((row) => row.what === what)!;

  test('equal nodes are the same throughout', () => {
    expect(compareWithPrimary(someFacts(), someFacts()).filter(({ verdict }) => verdict !== 'same')).toEqual([]);
  });

  test('without the primary’s facts nothing is called the same', () => {
    expect(compareWithPrimary(someFacts(), null).every(({ verdict }) => verdict === 'unknown')).toBe(true);
  });

  test('another major version stands in the way, another minor one differs', () => {
    const version = (text: string, number: string) =>
      someFacts({ settings: [setting('server_version', text), setting('server_version_num', number)] });
    expect(rowOf(version('16.2', '160002'), version('15.6', '150006')).verdict).toBe('blocks');
    expect(rowOf(version('15.7', '150007'), version('15.6', '150006')).verdict).toBe('differs');
  });

  test('a parameter below the primary’s stands in the way, one above it only differs', () => {
    const connections = (value: string) => someFacts({ settings: [setting('max_connections', value)] });
    expect(rowOf(connections('60'), connections('100'), 'max_connections').verdict).toBe('blocks');
    expect(rowOf(connections('100'), connections('60'), 'max_connections').verdict).toBe('differs');
  });

  test('collation and architecture', () => {
    expect(rowOf(someFacts({ collation: 'libc 2.31' }), someFacts(), 'Collation library').verdict).toBe('differs');
    expect(rowOf(someFacts({ architecture: 'arm64' }), someFacts(), 'Architecture').verdict).toBe('blocks');
  });

  test('extensions are told one by one where they differ', () => {
    const own = someFacts({ extensions: [{ name: 'postgis', version: '3.3' }] });
    const primary = someFacts({
      extensions: [
        { name: 'postgis', version: '3.4' },
        { name: 'pg_trgm', version: '1.6' },
      ],
    });
    const rows = compareWithPrimary(own, primary).filter(({ what }) => what.startsWith('Extension'));
    expect(rows.map(({ what, own: here, primary: there }) => [what, here, there])).toEqual([
      ['Extension pg_trgm', 'not installed', '1.6'],
      ['Extension postgis', '3.3', '3.4'],
    ]);
    expect(rowOf(someFacts({ extensions: null }), primary, 'Extensions').verdict).toBe('unknown');
  });

  test('what differs comes first', () => {
    const rows = compareWithPrimary(someFacts({ openssl: 'OpenSSL 1.1.1' }), someFacts());
    expect(rows[0]).toMatchObject({ what: 'OpenSSL', verdict: 'differs' });
  });
});
