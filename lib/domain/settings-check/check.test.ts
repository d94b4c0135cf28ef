import { describe, expect, test } from 'vitest';
import { aPolicy } from '../../../test/builders/index.ts';
import type { Setting } from '../../agent-contract/facts.ts';
import { checkSettings } from './check.ts';
import type { SettingCheck, SettingVerdict, SettingsContext } from './check.ts';
import { settingBytes, settingMs, writeBytes } from './quantity.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
/** A node set up as wanted, beside three others. */
const GOOD: Record<string, string> = {
  archive_command: 'pgbackrest --stanza=main archive-push %p',
  archive_library: '',
  archive_mode: 'on',
  archive_timeout: '1min',
  checkpoint_timeout: '5min',
  data_checksums: 'on',
  fsync: 'on',
  full_page_writes: 'on',
  hot_standby: 'on',
  hot_standby_feedback: 'off',
  listen_addresses: '10.0.0.1',
  max_connections: '100',
  max_replication_slots: '10',
  max_slot_wal_keep_size: '60GB',
  max_standby_streaming_delay: '30s',
  max_wal_senders: '10',
  password_encryption: 'scram-sha-256',
  primary_slot_name: 'aws_use1_b',
  recovery_min_apply_delay: '0',
  recovery_target_timeline: 'latest',
  restore_command: 'pgbackrest --stanza=main archive-get %f "%p"',
  ssl: 'on',
  ssl_min_protocol_version: 'TLSv1.3',
  synchronous_commit: 'on',
  synchronous_standby_names: '',
  tcp_keepalives_count: '3',
  tcp_keepalives_idle: '5s',
  tcp_keepalives_interval: '2s',
  wal_level: 'replica',
  wal_log_hints: 'on',
  wal_receiver_status_interval: '1s',
  wal_receiver_timeout: '10s',
  wal_retrieve_retry_interval: '500ms',
  wal_sender_timeout: '10s',
};

const settingsOf = (values: Record<string, string>, over: Partial<Setting> = {}): Setting[] =>
  Object.entries(values).map(([name, value]) => ({ name, value, source: 'configuration file', pendingRestart: false, ...over }));
const CONTEXT: SettingsContext = {
  nodeName: 'aws-use1-b',
  otherNodeNames: ['aws-use1-a', 'gcp-use4-a', 'rax-dfw-a'],
  isStandby: true,
  primarySettings: settingsOf({ max_connections: '100' }),
  policy: aPolicy(),
  dataChecksums: true,
  dataDirectory: '/var/lib/postgresql/15/main',
  walVolumeBytes: 100 * GIB,
  backupStanza: 'main',
};
const check = (change: Record<string, string> = {}, context: Partial<SettingsContext> = {}): SettingCheck[] =>
  checkSettings(settingsOf({ ...GOOD, ...change }), { ...CONTEXT, ...context });
const one = (name: string, value: string, context: Partial<SettingsContext> = {}): SettingCheck =>
  check({ [name]: value }, context).find((found) => found.name === name)!;

test('a node set up as wanted has nothing to change', () => {
  expect(check().filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  expect(check().length).toBeGreaterThan(30);
  expect(check().every(({ lines }) => lines === null)).toBe(true);
});

describe('each setting', () => {
  test.each<[name: string, value: string, verdict: SettingVerdict, to: string | null]>([
    ['wal_level', 'minimal', 'problem', 'replica'],
    ['wal_level', 'logical', 'ok', null],
    ['max_wal_senders', '0', 'problem', '10'],
    ['max_wal_senders', '2', 'problem', '10'],
    ['max_wal_senders', '4', 'advice', '10'],
    ['max_wal_senders', '5', 'ok', null],
    ['max_wal_senders', 'many', 'unknown', null],
    ['max_replication_slots', '0', 'problem', '10'],
    ['hot_standby', 'off', 'problem', 'on'],
    ['hot_standby_feedback', 'on', 'advice', 'off'],
    ['max_slot_wal_keep_size', '-1', 'problem', '60GB'],
    ['max_slot_wal_keep_size', '95GB', 'problem', '60GB'],
    ['max_slot_wal_keep_size', '0', 'advice', '60GB'],
    ['wal_retrieve_retry_interval', '5s', 'advice', '500ms'],
    ['wal_retrieve_retry_interval', '1s', 'ok', null],
    ['wal_receiver_timeout', '0', 'problem', '10s'],
    ['wal_receiver_timeout', '1min', 'advice', '10s'],
    ['wal_sender_timeout', '30s', 'ok', null],
    ['wal_receiver_status_interval', '0', 'problem', '1s'],
    ['wal_receiver_status_interval', '10s', 'ok', null],
    ['max_standby_streaming_delay', '-1', 'problem', '30s'],
    ['max_standby_streaming_delay', '1h', 'advice', '30s'],
    ['recovery_min_apply_delay', '1h', 'advice', '0'],
    ['recovery_target_timeline', 'current', 'problem', 'latest'],
    ['full_page_writes', 'off', 'problem', 'on'],
    ['fsync', 'off', 'problem', 'on'],
    ['synchronous_commit', 'off', 'problem', 'on'],
    ['synchronous_commit', 'remote_write', 'advice', 'on'],
    ['synchronous_commit', 'local', 'ok', null],
    ['archive_mode', 'off', 'problem', 'on'],
    ['archive_mode', 'always', 'ok', null],
    ['archive_command', '', 'problem', 'pgbackrest --stanza=main archive-push %p'],
    ['archive_timeout', '0', 'advice', '60s'],
    ['restore_command', '', 'advice', 'pgbackrest --stanza=main archive-get %f "%p"'],
    ['checkpoint_timeout', '1h', 'advice', '15min'],
    ['listen_addresses', 'localhost', 'problem', null],
    ['listen_addresses', '*', 'ok', null],
    ['ssl', 'off', 'problem', 'on'],
    ['ssl_min_protocol_version', 'TLSv1.2', 'advice', 'TLSv1.3'],
    ['ssl_min_protocol_version', 'TLSv1', 'problem', 'TLSv1.3'],
    ['password_encryption', 'md5', 'problem', 'scram-sha-256'],
    ['primary_slot_name', '', 'advice', 'aws_use1_b'],
    ['max_connections', '60', 'problem', '100'],
  ])('%s = %s is %s', (name, value, verdict, to) => {
    const found = one(name, value);
    expect(found.verdict).toBe(verdict);
    expect(found.lines?.[0] ?? null).toBe(to === null ? null : `ALTER SYSTEM SET ${name} = '${to}';`);
  });
});

describe('in context', () => {
  test('wal_log_hints is needed only without checksums, and unknown when nobody knows', () => {
    expect(one('wal_log_hints', 'off').verdict).toBe('ok');
    expect(one('wal_log_hints', 'off', { dataChecksums: false })).toMatchObject({ verdict: 'problem', takesEffect: 'restart' });
    expect(one('wal_log_hints', 'off', { dataChecksums: null })).toMatchObject({ verdict: 'unknown', lines: null });
  });

  test('an objective of no loss needs a synchronous standby', () => {
    expect(one('synchronous_standby_names', '', { policy: aPolicy({ rpoObjectiveSeconds: 0 }) }).lines).toEqual([
      `ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 ("aws-use1-a", "gcp-use4-a", "rax-dfw-a")';`,
      'SELECT pg_reload_conf();',
    ]);
    expect(one('synchronous_standby_names', 'ANY 1 (a)', { policy: aPolicy({ rpoObjectiveSeconds: 0 }) }).verdict).toBe('ok');
  });

  test('synchronous_commit = local defeats named standbys', () => {
    const found = check({ synchronous_commit: 'local', synchronous_standby_names: 'a' }).find(({ name }) => name === 'synchronous_commit');
    expect(found).toMatchObject({ verdict: 'problem' });
  });

  test('keepalives are judged together, with the sum told', () => {
    const slow = check({ tcp_keepalives_idle: '60s', tcp_keepalives_interval: '10s', tcp_keepalives_count: '6' });
    const idle = slow.find(({ name }) => name === 'tcp_keepalives_idle')!;
    expect(idle).toMatchObject({ verdict: 'advice' });
    expect(idle.note).toContain('= 2 min until a dead peer is detected');
    expect(one('tcp_keepalives_idle', '0s').note).toContain('operating system');
  });

  test('what only concerns a standby is not asked of a primary', () => {
    const names = check({ primary_slot_name: '', restore_command: '' }, { isStandby: false, primarySettings: null }).map(
      ({ name }) => name,
    );
    for (const name of ['primary_slot_name', 'restore_command', 'max_connections']) expect(names).not.toContain(name);
  });

  test('the size of the WAL disk gives the limit; without it nobody names one', () => {
    expect(one('max_slot_wal_keep_size', '-1', { walVolumeBytes: 512 * MIB }).lines?.[0]).toContain("'307MB'");
    expect(one('max_slot_wal_keep_size', '-1', { walVolumeBytes: null })).toMatchObject({ verdict: 'problem', lines: null });
  });

  test('of the rules for the peers and for the primary the graver holds', () => {
    const primarySettings = settingsOf({ max_wal_senders: '20' });
    expect(one('max_wal_senders', '10', { primarySettings })).toMatchObject({ verdict: 'problem', note: 'The primary’s is 20.' });
  });

  test('checksums are switched on with the server stopped, with the path quoted', () => {
    expect(one('data_checksums', 'off', { dataDirectory: "/data/o'hara" }).lines).toEqual([
      `pg_checksums --enable --progress -D '/data/o'\\''hara'`,
    ]);
    expect(one('data_checksums', 'off', { dataDirectory: null }).lines).toBeNull();
  });
});

describe('what is unknown or not in force', () => {
  test('settings that were never read are unknown, each of them, and none is good', () => {
    const found = checkSettings(null, { ...CONTEXT, primarySettings: null, isStandby: null });
    expect(found.length).toBeGreaterThan(20);
    expect(found.every(({ verdict, current, lines }) => verdict === 'unknown' && current === null && lines === null)).toBe(true);
  });

  test('a setting that this version lacks is left out', () => {
    const { hot_standby: _gone, ...rest } = GOOD;
    expect(checkSettings(settingsOf(rest), CONTEXT).map(({ name }) => name)).not.toContain('hot_standby');
  });

  test('a change that waits for a restart is not “as wanted”', () => {
    const waiting = checkSettings(settingsOf(GOOD, { pendingRestart: true }), CONTEXT);
    expect(waiting.every(({ verdict, note }) => verdict === 'advice' && note?.includes('takes effect on a restart'))).toBe(true);
  });

  test('a value from the command line wins over ALTER SYSTEM, and the note says so', () => {
    const found = checkSettings(settingsOf({ ...GOOD, fsync: 'off' }, { source: 'command line' }), CONTEXT);
    expect(found[0]).toMatchObject({ name: 'fsync', verdict: 'problem' });
    expect(found[0]?.note).toContain('change it there');
  });

  test('hostile values stay text inside of the quoted line', () => {
    const primarySettings = settingsOf({ max_connections: "100'; DROP TABLE x; --" });
    expect(one('max_connections', '60', { primarySettings })).toMatchObject({ verdict: 'unknown', lines: null });
  });

  test('what the agent’s own connection sets says nothing about the server', () => {
    const found = checkSettings(settingsOf({ ...GOOD, fsync: 'off' }, { source: 'client' }), { ...CONTEXT, primarySettings: null });
    expect(found).toEqual([]);
  });

  test('the worst comes first', () => {
    const verdicts = check({ fsync: 'off', hot_standby_feedback: 'on' }).map(({ verdict }) => verdict);
    expect(verdicts.slice(0, 3)).toEqual(['problem', 'advice', 'ok']);
  });
});

test('quantities as PostgreSQL prints them', () => {
  expect(settingBytes('384MB')).toBe(384 * MIB);
  expect(settingBytes('-1')).toBe(-MIB);
  expect(settingBytes('lots')).toBeNull();
  expect(settingMs('1min')).toBe(60_000);
  expect(settingMs('10', 's')).toBe(10_000);
  expect(settingMs('5 parsecs')).toBeNull();
  expect(writeBytes(5.9 * GIB)).toBe('5GB');
  expect(writeBytes(300 * MIB)).toBe('300MB');
});
