/** The separate, narrow roles of a cluster, and the application's database with money whose sum can be checked. */
import type { Client } from 'pg';

export const SUPERUSER = 'postgres';
export const REPLICATION_ROLE = 'farshore_replication';
export const MONITOR_ROLE = 'farshore_monitor';
export const CONTROL_ROLE = 'farshore_control';
export const REWIND_ROLE = 'farshore_rewind';
export const APP_ROLE = 'app';
export const APP_DATABASE = 'app';

export const ACCOUNTS = 1000;
export const ACCOUNT_OPENING_BALANCE = 10_000;

export interface ClusterPasswords {
  replication: string;
  rewind: string;
  app: string;
}

/** Runs on a new primary as superuser, in database `postgres`. */
export async function createRoles(client: Client, passwords: ClusterPasswords): Promise<void> {
  const statements = [
    `CREATE ROLE ${REPLICATION_ROLE} LOGIN REPLICATION PASSWORD ${client.escapeLiteral(passwords.replication)}`,
    // No password: these two come over the unix socket only, known by their OS user.
    `CREATE ROLE ${MONITOR_ROLE} LOGIN IN ROLE pg_monitor`,
    ...(await controlRole(client)),
    `CREATE ROLE ${REWIND_ROLE} LOGIN PASSWORD ${client.escapeLiteral(passwords.rewind)}`,
    `GRANT EXECUTE ON FUNCTION pg_ls_dir(text, boolean, boolean) TO ${REWIND_ROLE}`,
    `GRANT EXECUTE ON FUNCTION pg_stat_file(text, boolean) TO ${REWIND_ROLE}`,
    `GRANT EXECUTE ON FUNCTION pg_read_binary_file(text) TO ${REWIND_ROLE}`,
    `GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean) TO ${REWIND_ROLE}`,
    // Lets the agent see how wide pg_hba.conf is without being superuser.
    `GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO ${MONITOR_ROLE}`,
    `GRANT SELECT ON pg_hba_file_rules TO ${MONITOR_ROLE}`,
    `CREATE ROLE ${APP_ROLE} LOGIN PASSWORD ${client.escapeLiteral(passwords.app)}`,
  ];
  await client.query(statements.join(';\n'));
  await client.query(`CREATE DATABASE ${APP_DATABASE} OWNER ${APP_ROLE}`);
  await client.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${APP_DATABASE} FROM PUBLIC`);
}

/**
 * Lets an agent change a server without being superuser. REPLICATION: slots; pg_monitor: who streams and from where; pg_signal_backend: to
 * end a sender that hangs.
 */
async function controlRole(client: Client): Promise<string[]> {
  const roles = ['pg_monitor', 'pg_signal_backend', ...((await hasRole(client, 'pg_checkpoint')) ? ['pg_checkpoint'] : [])];
  const settings = ['primary_conninfo', 'primary_slot_name', 'synchronous_standby_names', 'recovery_target_timeline', 'restore_command'];
  const functions = [
    'pg_promote(boolean, integer)',
    'pg_reload_conf()',
    'pg_switch_wal()',
    'pg_wal_replay_pause()',
    'pg_wal_replay_resume()',
  ];
  return [
    `CREATE ROLE ${CONTROL_ROLE} LOGIN REPLICATION IN ROLE ${roles.join(', ')}`,
    `GRANT EXECUTE ON FUNCTION ${functions.join(', ')} TO ${CONTROL_ROLE}`,
    // Before version 15 only a superuser can: there the agent needs another way to change these.
    ...((await versionOf(client)) >= 150_000 ? [`GRANT SET, ALTER SYSTEM ON PARAMETER ${settings.join(', ')} TO ${CONTROL_ROLE}`] : []),
  ];
}

async function versionOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ version: string }>(`SELECT current_setting('server_version_num') AS version`);
  return Number(rows[0]?.version ?? 0);
}

async function hasRole(client: Client, name: string): Promise<boolean> {
  return (await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name])).rowCount === 1;
}

/** The application's password as PostgreSQL keeps it, for a pooler that logs in on behalf of its clients. */
export async function appSecret(client: Client): Promise<string> {
  const { rows } = await client.query<{ secret: string | null }>('SELECT rolpassword AS secret FROM pg_authid WHERE rolname = $1', [
    APP_ROLE,
  ]);
  const secret = rows[0]?.secret;
  if (!secret?.startsWith('SCRAM-SHA-256$')) throw new Error(`The role ${APP_ROLE} has no SCRAM secret.`);
  return secret;
}

/** Runs in database `app` as superuser; everything made belongs to the application's role. */
export async function createAppTables(client: Client): Promise<void> {
  await client.query(`
    SET ROLE ${APP_ROLE};
    CREATE TABLE accounts (id integer PRIMARY KEY, balance bigint NOT NULL);
    CREATE TABLE transfers (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      from_account integer NOT NULL REFERENCES accounts,
      to_account integer NOT NULL REFERENCES accounts,
      amount bigint NOT NULL CHECK (amount > 0),
      at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    INSERT INTO accounts SELECT id, ${ACCOUNT_OPENING_BALANCE} FROM generate_series(1, ${ACCOUNTS}) AS id;
    RESET ROLE;
  `);
}
