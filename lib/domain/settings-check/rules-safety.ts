/** Settings that decide whether data survives and can be brought back, and who may reach it. */
import { settingMs } from './quantity.ts';
import { NOT_READABLE, OK, oneOf } from './rule.ts';
import type { SettingRule } from './rule.ts';

const ARCHIVE_TIMEOUT_MAX_MS = 300_000;
const CHECKPOINT_TIMEOUT_MAX_MS = 900_000;

const archives = (all: ReadonlyMap<string, string>) => ['on', 'always'].includes(all.get('archive_mode') ?? '');
const isUnset = (value: string | undefined) => value === undefined || value === '' || value === '(disabled)';

export const SAFETY_RULES: readonly SettingRule[] = [
  {
    name: 'data_checksums',
    wanted: () => 'on',
    why: 'Without them a damaged page reaches standbys and backups undetected.',
    takesEffect: 'stopped-server',
    judge: (value) =>
      value === 'on' ? OK : { verdict: 'advice', note: 'Enable them with the server stopped (pg_checksums), one node at a time.' },
  },
  {
    name: 'wal_log_hints',
    wanted: () => 'on, unless data checksums are',
    why: 'pg_rewind needs it. Without it a former primary must be re-cloned.',
    takesEffect: 'restart',
    judge: (value, { dataChecksums }) => {
      if (value === 'on') return OK;
      if (dataChecksums === true) return { verdict: 'ok', note: 'Data checksums are on, which does the same.' };
      if (dataChecksums === null) return { verdict: 'unknown', note: 'Off, and whether data checksums are on is unknown.' };
      return { verdict: 'problem', to: 'on' };
    },
  },
  {
    name: 'full_page_writes',
    why: 'Without it a page half written in a crash can’t be repaired, and pg_rewind refuses to run.',
    takesEffect: 'reload',
    ...oneOf(['on'], 'problem'),
  },
  {
    name: 'fsync',
    why: 'When off, a power failure can destroy the whole database.',
    takesEffect: 'reload',
    ...oneOf(['on'], 'problem'),
  },
  {
    name: 'synchronous_commit',
    wanted: () => 'on',
    why: 'How much is durable when a client is told “committed”.',
    takesEffect: 'reload',
    judge: (value, _context, all) => {
      if (value === 'off') return { verdict: 'problem', to: 'on', note: 'A commit is acknowledged before it is on any disk.' };
      if (value === 'local' && !isUnset(all.get('synchronous_standby_names')))
        return { verdict: 'problem', to: 'on', note: 'Synchronous standbys are configured, but no commit waits for them.' };
      return value === 'remote_write'
        ? { verdict: 'advice', to: 'on', note: 'If a standby’s host loses power, such commits are lost there.' }
        : OK;
    },
  },
  {
    name: 'synchronous_standby_names',
    wanted: ({ policy }) => (policy?.rpoObjectiveSeconds === 0 ? 'at least one standby' : 'as the RPO objective needs'),
    why: 'An RPO objective of no loss is met only while a synchronous standby acknowledges.',
    takesEffect: 'reload',
    judge: (value, { policy, otherNodeNames }) => {
      if (policy?.rpoObjectiveSeconds !== 0 || !isUnset(value)) return OK;
      const names = otherNodeNames.map((name) => `"${name.replaceAll('"', '')}"`).join(', ');
      return {
        verdict: 'problem',
        ...(names === '' ? {} : { to: `ANY 1 (${names})` }),
        note: 'The objective is no loss, and no synchronous standby is configured.',
      };
    },
  },
  {
    name: 'archive_mode',
    why: 'A standby that is too far behind, and point-in-time recovery, depend on the archive.',
    takesEffect: 'restart',
    ...oneOf(['on', 'always'], 'problem'),
  },
  {
    name: 'archive_command',
    wanted: () => 'a command, or archive_library',
    why: 'Without either, finished WAL accumulates and nothing is archived.',
    takesEffect: 'reload',
    appliesTo: (_context, all) => archives(all),
    judge: (value, { backupStanza }, all) => {
      if (!isUnset(value) || !isUnset(all.get('archive_library'))) return OK;
      return { verdict: 'problem', ...(backupStanza === null ? {} : { to: `pgbackrest --stanza=${backupStanza} archive-push %p` }) };
    },
  },
  {
    name: 'archive_timeout',
    wanted: () => 'at most 5 min, not 0',
    why: 'On an idle primary the last WAL reaches the archive only after this.',
    takesEffect: 'reload',
    appliesTo: (_context, all) => archives(all),
    judge: (value) => {
      const ms = settingMs(value, 's');
      if (ms === null) return NOT_READABLE;
      return ms === 0 || ms > ARCHIVE_TIMEOUT_MAX_MS ? { verdict: 'advice', to: '60s' } : OK;
    },
  },
  {
    name: 'restore_command',
    wanted: () => 'a command',
    why: 'A standby catches up from the archive when its upstream has removed the WAL.',
    takesEffect: 'reload',
    appliesTo: ({ isStandby }) => isStandby === true,
    judge: (value, { backupStanza }) => {
      if (!isUnset(value)) return OK;
      return { verdict: 'advice', ...(backupStanza === null ? {} : { to: `pgbackrest --stanza=${backupStanza} archive-get %f "%p"` }) };
    },
  },
  {
    name: 'checkpoint_timeout',
    wanted: () => 'at most 15 min',
    why: 'After a crash, WAL since the last checkpoint is replayed before clients can connect.',
    takesEffect: 'reload',
    judge: (value) => {
      const ms = settingMs(value, 's');
      return ms === null ? NOT_READABLE : ms > CHECKPOINT_TIMEOUT_MAX_MS ? { verdict: 'advice', to: '15min' } : OK;
    },
  },
  {
    name: 'listen_addresses',
    wanted: () => 'an address that the other nodes can reach',
    why: 'After a change of primary standbys and applications connect here.',
    takesEffect: 'restart',
    appliesTo: ({ otherNodeNames }) => otherNodeNames.length > 0,
    judge: (value) =>
      value.split(',').every((address) => ['', 'localhost', '127.0.0.1', '::1'].includes(address.trim()))
        ? { verdict: 'problem', note: 'It listens on this host only. Set it to the address by which the other nodes reach this one.' }
        : OK,
  },
  {
    name: 'ssl',
    why: 'When off, everything written to this cluster crosses the network in clear text.',
    takesEffect: 'reload',
    ...oneOf(['on'], 'problem'),
  },
  {
    name: 'ssl_min_protocol_version',
    wanted: () => 'TLSv1.3',
    why: 'Older versions allow ciphers that the policy (TLS 1.3) forbids.',
    takesEffect: 'reload',
    judge: (value) => (value === 'TLSv1.3' ? OK : { verdict: value === 'TLSv1.2' ? 'advice' : 'problem', to: 'TLSv1.3' }),
  },
  {
    name: 'password_encryption',
    why: 'md5 hashes can be replayed and cracked.',
    takesEffect: 'reload',
    ...oneOf(['scram-sha-256'], 'problem', 'Set the passwords again afterwards: stored ones keep their old hash.'),
  },
];
