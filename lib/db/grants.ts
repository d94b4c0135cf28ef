/**
 * What the web process may do (DESIGN §2): read, keep sessions, count failed sign-ins, and append to the audit log. It can't write a
 * sample, a leadership or an identity, and can't read a join token, so a hole in the web tier promotes nothing.
 */
import pg from 'pg';
import { PARTITION_LOCK_ID } from './partitions.ts';
import type { Queryable } from './pool.ts';

const READABLE = [
  'cluster',
  'node',
  'cluster_latest',
  'node_latest',
  'sample',
  'sample_tier',
  'leadership',
  'finding',
  'rpo_period',
  'audit_event',
  'app_user',
  'user_session',
  'api_token',
  'controller_instance',
] as const;

/**
 * Gives `webRole` exactly its privileges, taking away any others it had. Run as the owner after migrations, in a transaction, so that
 * a web process that runs already misses nothing in between.
 */
export async function applyGrants(client: Queryable, webRole: string): Promise<void> {
  // Two sessions that change privileges or partitions of one table at once make one of them fail.
  await client.query('SELECT pg_advisory_xact_lock($1)', [PARTITION_LOCK_ID]);
  const role = pg.escapeIdentifier(webRole);
  await client.query(`REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${role}`);
  await client.query(`REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM ${role}`);
  await client.query(`GRANT USAGE ON SCHEMA public TO ${role}`);
  await client.query(`GRANT SELECT ON ${READABLE.join(', ')} TO ${role}`);
  await client.query(`GRANT INSERT, UPDATE ON user_session TO ${role}`);
  await client.query(`GRANT UPDATE (failed_logins, locked_until, password_hash) ON app_user TO ${role}`);
  await client.query(`GRANT EXECUTE ON FUNCTION audit_append(timestamptz, text, text, text, text, text) TO ${role}`);
}

/** Whether a role of this name exists: an installation without a web process has none. */
export async function roleExists(client: Queryable, role: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  return rowCount === 1;
}
