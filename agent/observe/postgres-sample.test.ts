import { describe, expect, test } from 'vitest';
import { configuredUpstream, parseConninfo } from './conninfo.ts';
import { lsnDifferenceBytes } from './lsn.ts';
import { instant, timelineOf } from './postgres-sample.ts';
import { parseBackupInfo } from './facts/backup-repository.ts';
import { parseTracking } from './chrony.ts';
import { tickStatement } from './tick-statement.ts';
import { WalRate } from './wal-rate.ts';

describe('conninfo', () => {
  test('libpq quoting, and nothing secret in the result', () => {
    const text = `host=10.0.0.1 port = 5433 user=repl password='it''s \\' x' application_name='gcp a' sslmode=verify-full`;
    expect(parseConninfo(text)).toMatchObject({ host: '10.0.0.1', port: '5433', application_name: 'gcp a' });
    expect(configuredUpstream(text, 'slot_a')).toEqual({ host: '10.0.0.1', port: 5433, applicationName: 'gcp a', slotName: 'slot_a' });
  });
  test('URIs and several hosts', () => {
    expect(configuredUpstream('postgresql://u:p@db.example:6000/x?application_name=n', '')).toEqual({
      ...{ host: 'db.example', port: 6000, applicationName: 'n', slotName: null },
    });
    expect(configuredUpstream('host=a,b port=1,2', '')).toMatchObject({ host: 'a', port: 1 });
  });
  test('nothing configured', () => expect(configuredUpstream('', '')).toBeNull());
});

test('timeline: of the WAL written, or the furthest that a standby knows of', () => {
  const none = { walFile: null, walReceiver: null, minRecoveryTimeline: null, checkpointTimeline: 3 };
  expect(timelineOf({ ...none, walFile: '0000000A0000000000000003' }, null)).toBe(10);
  expect(timelineOf(none, null)).toBe(3);
  expect(timelineOf({ ...none, minRecoveryTimeline: 4 }, null)).toBe(4);
  expect(timelineOf(none, 5)).toBe(5);
});

test('WAL rate: null at first, after a step back and after a change of timeline', () => {
  const rate = new WalRate();
  expect(rate.next('0/1000', 1, 0)).toBeNull();
  expect(rate.next('0/3000', 1, 2000)).toBe(4096);
  expect(rate.next('0/2000', 1, 3000)).toBeNull();
  expect(rate.next('0/4000', 2, 4000)).toBeNull();
  expect(rate.next('1/0', 2, 5000)).toBe(2 ** 32 - 0x4000);
  expect(lsnDifferenceBytes('FF/0', null)).toBeNull();
});

test('instants', () => {
  expect(instant('2026-11-20T12:00:00.123456+00:00')).toBe('2026-11-20T12:00:00.123Z');
  expect([instant('infinity'), instant(null), instant(undefined)]).toEqual([null, null, null]);
});

test('chrony: an unsynchronised clock is unknown', () => {
  expect(parseTracking('A9FEA97B,10.0.0.1,3,1700000000.1,-0.000012,0.1,0.1,1,1,1,0.1,0.1,64,Normal')).toEqual({
    offsetMs: -0.012,
    stratum: 3,
  });
  expect(parseTracking('7F7F0101,,0,0.0,0.000000000,0,0,0,0,0,1,1,0,Not synchronised')).toBeNull();
});

test('the statement follows the version', () => {
  const constants = {
    ...{ systemIdentifier: '1', startedAt: '', maxConnections: 1, archiveMode: 'off' as const },
    ...{ walSegmentBytes: 16 * 1024 ** 2, isMonitor: true, dataDirectory: null },
  };
  const of = (serverVersionNumber: number, mayReadSettings = true): string =>
    tickStatement({ ...constants, serverVersionNumber, mayReadSettings });
  expect(of(140_000)).toMatch(/pg_stat_bgwriter/);
  expect(of(170_000)).toMatch(/pg_stat_checkpointer[\s\S]*/);
  expect(of(170_000)).toMatch(/s\.inactive_since/);
  expect(of(150_000)).not.toMatch(/confl_active_logicalslot|inactive_since/);
  expect(of(150_000, false)).not.toMatch(/primary_conninfo'\)/);
});

test('pgbackrest info', () => {
  const info = [
    {
      ...{ name: 'main', cipher: 'aes-256-cbc', status: { code: 0, message: 'ok' } },
      archive: [{ id: '15-1', min: '000000010000000000000001', max: '000000010000000000000009' }],
      backup: [
        {
          ...{ label: '20261120-000000F', type: 'full', error: false, timestamp: { start: 1_700_000_000, stop: 1_700_000_060 } },
          ...{ archive: { start: '000000010000000000000002', stop: '000000010000000000000002' } },
          info: { size: 30_000_000, repository: { delta: 4_000_000, size: 4_000_000 } },
        },
      ],
    },
  ];
  const { repository } = parseBackupInfo(JSON.stringify(info), 'main');
  expect(repository).toMatchObject({ readable: true, encrypted: true, archiveNewestWal: '000000010000000000000009' });
  expect(repository.backups[0]).toMatchObject({ type: 'full', repositoryBytes: 4_000_000, finishedAt: '2023-11-14T22:14:20.000Z' });
  expect(parseBackupInfo('[]', 'main').repository).toMatchObject({ readable: false, message: 'The repository has no stanza main.' });
});
