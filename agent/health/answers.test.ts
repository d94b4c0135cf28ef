import { describe, expect, test } from 'vitest';
import type { PostgresObservation } from '../../lib/agent-contract/observation.ts';
import { healthAnswer, parseSizeBytes, primaryAnswer, replicaAnswer } from './answers.ts';
import { metricsText } from './metrics.ts';
import { escapeLabel } from './metrics-text.ts';
import { replyTo } from './server.ts';
import type { HealthView } from './view.ts';

const NOW_MS = Date.parse('2026-11-20T12:00:00Z');
const ago = (ms: number): string => new Date(NOW_MS - ms).toISOString();

const primary: PostgresObservation = {
  systemIdentifier: '7',
  serverVersionNumber: 150_018,
  startedAt: ago(1e6),
  inRecovery: false,
  timeline: 1,
  writeProbe: { ok: true, commitMs: 3, reason: null },
  insertLsn: '0/3000000',
  flushLsn: '0/3000000',
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
    ...{ mode: 'on', archivedCount: 1, failedCount: 0, lastArchivedWal: null, lastArchivedAt: null, lastFailedWal: null },
    ...{ lastFailedAt: null, readyCount: null, oldestReadyAgeMs: null },
  },
  walDirectoryBytes: null,
  walBytesPerSecond: null,
  checkpoints: { timed: 0, requested: 0, lastCheckpointAt: null },
  connections: { used: 1, limit: 100 },
  conflictsCancelled: null,
};

const standby: PostgresObservation = {
  ...primary,
  ...{ inRecovery: true, writeProbe: null, insertLsn: null, flushLsn: null, receiveLsn: '0/3000000', replayLsn: '0/2000000' },
  lastReplayedTransactionAt: ago(900),
  walReceiver: {
    ...{ status: 'streaming', senderHost: 'a', senderPort: 5432, slotName: null, writtenLsn: null, flushedLsn: null },
    ...{ receivedTimeline: 1, lastMessageSentAt: ago(900), lastMessageReceivedAt: ago(900), latestEndLsn: '0/3000000' },
  },
};

const view = (over: Partial<HealthView> = {}): HealthView => ({
  agentVersion: '0.1.0',
  node: { name: 'a', cluster: 'c', certificateNotAfter: ago(-1e6) },
  leadership: null,
  sampleAgeMs: 300,
  sampleTookMs: 4,
  server: { state: 'accepting', message: null },
  postgres: primary,
  volumes: [],
  lastCommitAgeMs: 500,
  link: { state: 'connected', since: ago(1e5), reason: null, lastAcknowledgedAt: ago(500) },
  outbox: { samples: 0, bytes: 0, oldestAtMs: null, lostSamples: 0, thinnedSamples: 0, memorySamples: 0, refusedSamples: 0 },
  ticks: { taken: 10, skipped: 0 },
  clockOffsetMs: null,
  residentBytes: 1,
  tickMs: 1000,
  ...over,
});

describe('/primary', () => {
  test('a fresh commit: yes', () => expect(primaryAnswer(view())).toEqual({ status: 200, reasons: [] }));
  test('the controller is unreachable: still yes, it decides nothing here', () =>
    expect(primaryAnswer(view({ link: { state: 'unreachable', since: ago(1), reason: 'x', lastAcknowledgedAt: null } })).status).toBe(200));
  test.each([
    ['a commit that is 4 s old', { lastCommitAgeMs: 4000 }],
    ['a failed commit', { lastCommitAgeMs: null }],
    ['an old sample', { sampleAgeMs: 3500 }],
    ['no sample yet', { sampleAgeMs: null, server: null, postgres: null }],
    ['a frozen server', { server: { state: 'not-responding', message: 'frozen' } }],
    ['a standby', { postgres: standby }],
    ['a locked identity', { link: { state: 'refused', since: ago(1), reason: 'two agents', lastAcknowledgedAt: null } }],
  ] as const)('%s: no, with the reason', (_, over) => {
    const { status, reasons } = primaryAnswer(view(over));
    expect(status).toBe(503);
    expect(reasons[0]).toMatch(/\.$|: /);
  });
});

describe('/replica', () => {
  const on = (over: Partial<PostgresObservation>) => view({ postgres: { ...standby, ...over } });
  const MB16 = 16 * 1024 ** 2;
  test('within the limit, and above it', () => {
    expect(replicaAnswer(on({}), MB16, NOW_MS).status).toBe(200);
    expect(replicaAnswer(on({}), MB16 - 1, NOW_MS).status).toBe(503);
  });
  test('received all it was sent, but knows of more: that counts', () => {
    const behind = on({ receiveLsn: '0/2000000' });
    expect(replicaAnswer(behind, MB16 - 1, NOW_MS).status).toBe(503);
  });
  test('no walreceiver: how far it is behind is unknown, though receive equals replay', () => {
    const dead = on({ walReceiver: null, receiveLsn: '0/2000000' });
    expect(replicaAnswer(dead, MB16, NOW_MS).reasons[0]).toMatch(/not streaming/);
    expect(replicaAnswer(dead, null, NOW_MS).status).toBe(200);
  });
  test('silence from heartbeat and upstream alike denies; one of them is enough', () => {
    const receiver = standby.walReceiver;
    if (receiver === null) throw new Error('the builder has one');
    const quiet = { ...receiver, lastMessageReceivedAt: ago(40_000) };
    expect(replicaAnswer(on({ lastReplayedTransactionAt: ago(60_000), walReceiver: quiet }), MB16, NOW_MS).status).toBe(503);
    expect(replicaAnswer(on({ lastReplayedTransactionAt: ago(60_000) }), MB16, NOW_MS).status).toBe(200);
  });
  test('a primary is no replica', () => expect(replicaAnswer(view(), null, NOW_MS).status).toBe(503));
});

test('sizes have PostgreSQL’s units, and nothing else is a size', () => {
  expect(['10MB', '16kB', '1GB', '512', ' 1 tb '].map(parseSizeBytes)).toEqual([10_485_760, 16_384, 2 ** 30, 512, 2 ** 40]);
  expect(['', 'MB', '-1', '1.5MB', '10XB', '99999999999999999'].map(parseSizeBytes)).toEqual([null, null, null, null, null, null]);
});

test('routes: unknown paths and sizes are refused, hostile paths too', () => {
  const at = (path: string): number => replyTo(path, view(), NOW_MS).status;
  expect(['/health', '/nothing', '/replica?lag=x', '//', 'http://[', '/metrics'].map(at)).toEqual([200, 404, 400, 404, 404, 200]);
  expect(healthAnswer(view({ server: { state: 'stopped', message: null }, postgres: null })).status).toBe(503);
});

describe('metrics', () => {
  const hostile = 'a"} 1\npg_up{x="\\';
  const text = metricsText(
    view({
      postgres: {
        ...primary,
        slots: [
          {
            ...{ name: hostile, type: 'physical', active: false, temporary: false, walStatus: 'reserved', restartLsn: null },
            ...{ retainedBytes: null, safeWalBytes: null, xminAge: null, catalogXminAge: null, inactiveSince: null },
          },
        ],
      },
    }),
  );

  test('a hostile name forges no line', () => {
    expect(escapeLabel(hostile)).toBe('a\\"} 1\\npg_up{x=\\"\\\\');
    expect(text.split('\n').filter((line) => line.startsWith('pg_up'))).toEqual(['pg_up 1']);
    for (const line of text.split('\n'))
      expect(line).toMatch(/^$|^# (HELP|TYPE) |^[a-z_]+(\{([a-z_]+="([^"\\]|\\.)*",?)*\})? -?[\d.e+-]+$/);
  });

  test('unknown is left out, never 0', () => {
    expect(text).not.toMatch(/pg_replication_slots_pg_wal_lsn_diff/);
    expect(text).not.toMatch(/pg_archive_ready_files/);
  });

  test('each metric has one HELP and one TYPE, before its samples', () => {
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]);
    expect(new Set(names).size).toBe(names.length);
  });
});
