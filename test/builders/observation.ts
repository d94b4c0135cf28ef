/** Agents' reports as a correct, idle cluster would send them. Every builder takes what a test wants different. */
import type { NodeFacts } from '../../lib/agent-contract/facts.ts';
import type { Downstream, Observation, PostgresObservation, ReplicationSlot, WalReceiver } from '../../lib/agent-contract/observation.ts';
import { NOW_MS, idleLsnTextAt, iso } from './moment.ts';

export const SYSTEM_IDENTIFIER = '7438112233445566778';

/** A stream as its upstream lists it. */
export function aDownstream(applicationName: string, overrides: Partial<Downstream> = {}, atMs = NOW_MS - 400): Downstream {
  const lsn = idleLsnTextAt(atMs);
  return {
    applicationName,
    clientAddress: '127.77.0.2',
    user: 'replicator',
    state: 'streaming',
    syncState: 'async',
    sentLsn: lsn,
    writeLsn: lsn,
    flushLsn: lsn,
    replayLsn: lsn,
    writeLagMs: 12,
    flushLagMs: 13,
    replayLagMs: 14,
    replyAt: iso(atMs - 300),
    tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', bits: 256 },
    ...overrides,
  };
}

export function aWalReceiver(overrides: Partial<WalReceiver> = {}, atMs = NOW_MS - 200): WalReceiver {
  const lsn = idleLsnTextAt(atMs);
  return {
    status: 'streaming',
    senderHost: '127.77.12.1',
    senderPort: 5432,
    slotName: null,
    writtenLsn: lsn,
    flushedLsn: lsn,
    receivedTimeline: 1,
    lastMessageSentAt: iso(atMs - 320),
    lastMessageReceivedAt: iso(atMs - 300),
    latestEndLsn: lsn,
    ...overrides,
  };
}

export function aSlot(name: string, overrides: Partial<ReplicationSlot> = {}): ReplicationSlot {
  return {
    name,
    type: 'physical',
    active: true,
    temporary: false,
    walStatus: 'reserved',
    restartLsn: idleLsnTextAt(NOW_MS - 400),
    retainedBytes: 0,
    safeWalBytes: 512 * 1024 * 1024,
    xminAge: null,
    catalogXminAge: null,
    inactiveSince: null,
    ...overrides,
  };
}

/** As PostgreSQL reports on a primary without standbys. */
export function aPrimaryPostgres(overrides: Partial<PostgresObservation> = {}, atMs = NOW_MS - 400): PostgresObservation {
  const lsn = idleLsnTextAt(atMs);
  return {
    systemIdentifier: SYSTEM_IDENTIFIER,
    serverVersionNumber: 150_018,
    startedAt: iso(atMs - 3_600_000),
    inRecovery: false,
    timeline: 1,
    writeProbe: { ok: true, commitMs: 3.2, reason: null },
    insertLsn: lsn,
    flushLsn: lsn,
    receiveLsn: null,
    replayLsn: null,
    lastReplayedTransactionAt: null,
    replayPaused: null,
    synchronousStandbyNames: '',
    downstreams: [],
    walReceiver: null,
    configuredUpstream: null,
    slots: [],
    archiver: {
      mode: 'on',
      archivedCount: 12,
      failedCount: 0,
      lastArchivedWal: '000000010000000000000002',
      lastArchivedAt: iso(atMs - 40_000),
      lastFailedWal: null,
      lastFailedAt: null,
      readyCount: 0,
      oldestReadyAgeMs: null,
    },
    walDirectoryBytes: 80 * 1024 * 1024,
    walBytesPerSecond: 128,
    checkpoints: { timed: 10, requested: 2, lastCheckpointAt: iso(atMs - 120_000) },
    connections: { used: 8, limit: 60 },
    conflictsCancelled: null,
    ...overrides,
  };
}

/** As PostgreSQL reports on a standby that streams from `upstreamName` without lag. */
export function aStandbyPostgres(
  name: string,
  upstreamName: string,
  overrides: Partial<PostgresObservation> = {},
  atMs = NOW_MS - 200,
): PostgresObservation {
  const lsn = idleLsnTextAt(atMs);
  const slotName = name.replaceAll('-', '_');
  return {
    ...aPrimaryPostgres({}, atMs),
    inRecovery: true,
    writeProbe: null,
    insertLsn: null,
    flushLsn: null,
    receiveLsn: lsn,
    replayLsn: lsn,
    lastReplayedTransactionAt: iso(atMs - 300),
    replayPaused: false,
    walReceiver: aWalReceiver({ slotName }, atMs),
    configuredUpstream: { host: `${upstreamName}.farshore.lab`, port: 5432, applicationName: name, slotName },
    conflictsCancelled: 0,
    ...overrides,
  };
}

/** One tick of an agent beside a primary, unless `postgres` says otherwise. */
export function anObservation(overrides: Partial<Observation> = {}, atMs = NOW_MS - 400): Observation {
  return {
    sequence: 4_711,
    observedAt: iso(atMs),
    tookMs: 4.1,
    server: { state: 'accepting', message: null },
    postgres: aPrimaryPostgres({}, atMs),
    volumes: [
      { purpose: 'data', mountPoint: '/var/lib/postgresql', sizeBytes: 200 * 1024 ** 3, freeBytes: 120 * 1024 ** 3 },
      { purpose: 'wal', mountPoint: '/var/lib/postgresql-wal', sizeBytes: 640 * 1024 ** 2, freeBytes: 480 * 1024 ** 2 },
    ],
    clock: { offsetMs: 2, uncertaintyMs: 4, chrony: { offsetMs: 0.2, stratum: 3 } },
    ...overrides,
  };
}

/** Facts of a server that is set up as it should be. */
export function someFacts(overrides: Partial<NodeFacts> = {}): NodeFacts {
  const setting = (name: string, value: string) => ({ name, value, source: 'configuration file', pendingRestart: false });
  return {
    observedAt: iso(NOW_MS - 20_000),
    agentVersion: '0.1.0',
    hostName: 'db1',
    operatingSystem: 'Debian GNU/Linux 12 (bookworm)',
    kernel: '6.1.0-40-amd64',
    architecture: 'x86_64',
    openssl: 'OpenSSL 3.0.17',
    dataDirectory: '/var/lib/postgresql/15/main',
    postgresVersion: 'PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu',
    collation: 'libc 2.36',
    settings: [
      setting('synchronous_commit', 'on'),
      setting('max_connections', '60'),
      setting('max_worker_processes', '8'),
      setting('max_wal_senders', '10'),
      setting('max_prepared_transactions', '0'),
      setting('max_locks_per_transaction', '64'),
      setting('wal_log_hints', 'on'),
      setting('full_page_writes', 'on'),
    ],
    hbaRules: [
      { lineNumber: 1, type: 'local', databases: ['all'], users: ['all'], address: null, netmask: null, method: 'peer', error: null },
      {
        lineNumber: 2,
        type: 'hostssl',
        databases: ['replication'],
        users: ['replicator'],
        address: '127.77.0.2',
        netmask: '255.255.255.255',
        method: 'scram-sha-256',
        error: null,
      },
    ],
    certificates: [
      { purpose: 'server', subject: 'CN=db1', notAfter: iso(NOW_MS + 300 * 86_400_000) },
      { purpose: 'agent', subject: 'CN=db1', notAfter: iso(NOW_MS + 5 * 86_400_000) },
    ],
    extensions: [],
    control: {
      dataChecksumVersion: 1,
      walSegmentBytes: 16 * 1024 * 1024,
      blockBytes: 8192,
      latestCheckpointLsn: '0/3000028',
      latestCheckpointTimeline: 1,
      latestCheckpointAt: iso(NOW_MS - 120_000),
    },
    backupRepository: {
      tool: 'pgbackrest',
      stanza: 'payments',
      readable: true,
      message: null,
      encrypted: true,
      backups: [
        {
          label: '20261120-060000F',
          type: 'full',
          startedAt: iso(NOW_MS - 6 * 3_600_000),
          finishedAt: iso(NOW_MS - 6 * 3_600_000 + 90_000),
          databaseBytes: 30_000_000,
          repositoryBytes: 4_000_000,
          startWal: '000000010000000000000002',
          stopWal: '000000010000000000000002',
          failed: false,
        },
      ],
      archiveOldestWal: '000000010000000000000001',
      archiveNewestWal: '000000010000000000000002',
    },
    replicationRoles: [
      { name: 'postgres', superuser: true },
      { name: 'replicator', superuser: false },
    ],
    rewindObstacles: [],
    agentProblems: [],
    ...overrides,
  };
}
