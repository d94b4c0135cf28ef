/** Grants and settings, asked over the agent's own session. */
import type { AgentConfig } from '../config.ts';
import type { Session } from '../observe/session.ts';
import { isEnglish, whyUnreadable } from '../observe/facts/log-language.ts';
import { advice, missing, ok } from './report.ts';
import type { CheckResult } from './report.ts';

const DEADLINE_MS = 2000;
export const OLDEST_VERSION = 140_000;
const NEWEST_TRIED_VERSION = 190_000;
export const isTriedVersion = (versionNumber: number): boolean => versionNumber >= OLDEST_VERSION && versionNumber < NEWEST_TRIED_VERSION;

const SQL = `select json_build_object(
  'user', current_user,
  'superuser', (select rolsuper from pg_roles where rolname = current_user),
  'monitor', pg_has_role('pg_monitor', 'usage'),
  'hbaFunction', has_function_privilege('pg_hba_file_rules()', 'execute'),
  'hbaView', has_table_privilege('pg_hba_file_rules', 'select'),
  'heartbeat', has_function_privilege('pg_logical_emit_message(boolean, text, text)', 'execute'),
  'version', current_setting('server_version_num')::int,
  'settings', (select json_object_agg(name, setting) from pg_settings
    where name in ('wal_level', 'wal_log_hints', 'data_checksums', 'max_wal_senders', 'max_replication_slots', 'hot_standby', 'ssl',
      'archive_mode', 'full_page_writes', 'fsync', 'max_slot_wal_keep_size', 'lc_messages', 'log_destination'))
) as found`;

/** From 17 the function has a fourth argument with a default; the name with three is then unknown. */
const SQL_17 = SQL.replace('pg_logical_emit_message(boolean, text, text)', 'pg_logical_emit_message(boolean, text, text, boolean)');

interface Found {
  user: string;
  superuser: boolean;
  monitor: boolean;
  hbaFunction: boolean;
  hbaView: boolean;
  heartbeat: boolean;
  version: number;
  settings: Readonly<Record<string, string>>;
}

const identifier = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);

/** Asks and judges. Throws the server's error. */
export async function checkDatabase(session: Session): Promise<CheckResult[]> {
  const { serverVersionNumber } = await session.ready(DEADLINE_MS);
  const [row] = await session.query<{ found: Found }>({ text: serverVersionNumber >= 170_000 ? SQL_17 : SQL }, DEADLINE_MS);
  return row === undefined ? [] : [...judgeGrants(row.found), ...judgeSettings(row.found)];
}

/** Pure. */
export function judgeGrants(found: Found): CheckResult[] {
  const user = identifier(found.user);
  const hba = found.hbaFunction && found.hbaView;
  return [
    isTriedVersion(found.version)
      ? ok('version', `PostgreSQL ${Math.floor(found.version / 10_000)}`)
      : missing('version', `server_version_num is ${found.version}`, 'Farshore observes PostgreSQL 14 to 18.'),
    found.monitor
      ? ok('pg_monitor', `${found.user} has it`)
      : missing(
          'pg_monitor',
          `${found.user} lacks it: replication details, settings and the WAL directories stay unseen`,
          `GRANT pg_monitor TO ${user};`,
        ),
    hba
      ? ok('pg_hba_file_rules', 'can be read')
      : missing(
          'pg_hba_file_rules',
          `${found.user} can't read it: rules that are too wide stay unseen`,
          `GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO ${user};\nGRANT SELECT ON pg_hba_file_rules TO ${user};`,
        ),
    found.heartbeat
      ? ok('heartbeat', 'pg_logical_emit_message may be called')
      : missing(
          'heartbeat',
          `${found.user} may not call pg_logical_emit_message: neither lag in seconds nor "writable" can be told`,
          `GRANT EXECUTE ON FUNCTION pg_logical_emit_message(boolean, text, text${found.version >= 170_000 ? ', boolean' : ''}) TO ${user};`,
        ),
    found.superuser
      ? advice(
          'least privilege',
          `${found.user} is a superuser, which observing does not need`,
          'Use a role with LOGIN and pg_monitor for [postgres] user.',
        )
      : ok('least privilege', `${found.user} is no superuser`),
  ];
}

/** Pure. */
export function judgeSettings({ settings }: Found): CheckResult[] {
  const value = (name: string): string => settings[name] ?? '';
  const alter = (name: string, wanted: string, restart: boolean): string =>
    `ALTER SYSTEM SET ${name} = '${wanted}';  -- ${restart ? 'then restart' : 'then SELECT pg_reload_conf();'}`;
  const results = [
    value('wal_level') === 'minimal'
      ? missing('wal_level', 'is minimal: nothing can replicate', alter('wal_level', 'replica', true))
      : ok('wal_level', value('wal_level')),
    Number(value('max_wal_senders')) === 0
      ? missing('max_wal_senders', 'is 0: no standby can connect', alter('max_wal_senders', '10', true))
      : ok('max_wal_senders', value('max_wal_senders')),
    Number(value('max_replication_slots')) === 0
      ? missing('max_replication_slots', 'is 0: no standby can have a slot', alter('max_replication_slots', '10', true))
      : ok('max_replication_slots', value('max_replication_slots')),
    value('data_checksums') === 'on' || value('wal_log_hints') === 'on'
      ? ok('pg_rewind', `data_checksums ${value('data_checksums')}, wal_log_hints ${value('wal_log_hints')}`)
      : missing(
          'pg_rewind',
          'neither data_checksums nor wal_log_hints are on: an old primary could not be rewound',
          alter('wal_log_hints', 'on', true),
        ),
  ];
  if (value('hot_standby') === 'off')
    results.push(missing('hot_standby', 'is off: a standby would refuse the agent', alter('hot_standby', 'on', true)));
  if (value('full_page_writes') === 'off')
    results.push(missing('full_page_writes', 'is off: pg_rewind refuses', alter('full_page_writes', 'on', false)));
  if (value('ssl') !== 'on') results.push(advice('ssl', 'is off: replication over TCP is readable on the way', alter('ssl', 'on', false)));
  if (value('archive_mode') === 'off')
    results.push(advice('archive_mode', 'is off: no recovery to a point in time', alter('archive_mode', 'on', true)));
  const language = whyUnreadable({ lcMessages: value('lc_messages'), logDestination: value('log_destination') || 'stderr' });
  if (language !== null)
    results.push(
      isEnglish(value('lc_messages'))
        ? advice(
            'log_destination',
            `is ${value('log_destination')}: why archiving fails stays unseen`,
            alter('log_destination', 'stderr', false),
          )
        : advice(
            'lc_messages',
            `is ${value('lc_messages')}: why archiving fails or a standby never streams stays unseen`,
            alter('lc_messages', 'C', false),
          ),
    );
  if (value('max_slot_wal_keep_size') === '-1') {
    results.push(
      advice('max_slot_wal_keep_size', 'has no limit: a lost standby can fill the disk', alter('max_slot_wal_keep_size', '50GB', false)),
    );
  }
  return results;
}

/** The remedy of a refused connection. Pure. */
export function connectionRemedy(config: AgentConfig, code: string | null): string {
  const user = identifier(config.postgres.user);
  if (code === '28000' && config.postgres.host.startsWith('/')) {
    return [
      `CREATE ROLE ${user} LOGIN;  -- when it is missing`,
      `pg_hba.conf:    local  ${config.postgres.database}  ${config.postgres.user}  peer map=farshore`,
      `pg_ident.conf:  farshore  postgres  ${config.postgres.user}`,
      'then SELECT pg_reload_conf();',
    ].join('\n');
  }
  if (code === '28000' || code === '28P01') return `CREATE ROLE ${user} LOGIN;  GRANT pg_monitor TO ${user};`;
  if (code === '3D000') return 'Set [postgres] database to one that exists, such as postgres.';
  if (code === '53300') return 'Raise max_connections, or close connections: the agent keeps one and opens one a second.';
  return 'Is the server running? Compare [postgres] host and port with unix_socket_directories and port of the server.';
}
