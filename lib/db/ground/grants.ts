/**
 * Grants the web process its rights (DESIGN §2): read, keep sessions, append to the audit log, and change single columns for the settings
 * and findings screens. It can't write a sample, a finding, a leadership or an identity (only lift the lock of one), can't delete, and
 * can't read the hash of a join token, so a hole in the web tier promotes nothing.
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
  'finding_acknowledgement',
  'node_event',
  'installation',
  'rpo_period',
  'tier_progress',
  'audit_event',
  'app_user',
  'user_session',
  'api_token',
  'controller_instance',
  'leadership_change',
  'plan',
  'operation',
  'operation_event',
  'operation_approval',
  'operation_artifact',
  'maintenance',
] as const;

/** Of these tables only some columns, because the others are secrets or none of the web's business. */
const READABLE_COLUMNS = {
  _prisma_migrations: ['migration_name', 'breaking', 'rolled_back_at'],
  join_token: ['id', 'node_id', 'created_at', 'expires_at', 'used_at'],
  node_identity: ['node_id', 'generation', 'not_after', 'locked_at', 'lock_reason'],
  agent_command: [
    'id',
    'operation_id',
    'step',
    'attempt',
    'node_id',
    'verb',
    'term',
    'issued_at',
    'delivered_at',
    'progress',
    'resolved_at',
  ],
} as const;

/** Inserted by commands of lib/commands from the web, where `id` is made by a sequence … */
const INSERTABLE = {
  // The four columns that the policy replaces are for a web process of the release before.
  cluster: [
    ...['slug', 'name', 'policy', 'policy_version', 'created_at'],
    ...['jurisdictions', 'rto_objective_seconds', 'rpo_objective_seconds', 'approvals_required'],
  ],
  node: ['uuid', 'cluster_id', 'name', 'provider', 'region', 'zone', 'jurisdiction', 'created_at'],
  join_token: ['secret_hash', 'node_id', 'created_at', 'expires_at'],
  app_user: ['email', 'name', 'password_hash', 'role', 'cluster_roles', 'created_at', 'failed_logins'],
  api_token: [
    ...['name', 'secret_hash', 'permissions', 'cluster_permissions', 'created_by', 'created_by_user_id', 'created_at', 'expires_at'],
  ],
  finding_acknowledgement: ['cluster_id', 'code', 'node_name', 'subject', 'severity', 'reason', 'by', 'at', 'expires_at'],
  operation_approval: ['operation_id', 'plan_hash', 'user_id', 'by', 'decision', 'reason', 'at'],
  maintenance: ['cluster_id', 'node_name', 'owner', 'reason', 'starts_at', 'ends_at'],
} as const;
/** … and where it is made by the one who inserts. Requests only: state and approvals are set by a trigger, the rest by the controller. */
const INSERTABLE_WITH_ID = {
  plan: ['id', 'cluster_id', 'hash', 'kind', 'body', 'created_at', 'created_by', 'shown_at'],
  operation: [
    ...['id', 'cluster_id', 'kind', 'plan_hash', 'plan', 'state', 'approvals_required', 'requested_by', 'requested_by_user_id'],
    ...['requested_at', 'reason', 'ticket', 'acknowledged_risks', 'idempotency_key', 'risks'],
  ],
} as const;

/** And what they change of rows that are there. */
const UPDATABLE = {
  cluster: ['policy', 'policy_version', 'rto_objective_seconds', 'rpo_objective_seconds', 'approvals_required', 'retired_at'],
  node: ['retired_at'],
  join_token: ['expires_at'],
  app_user: ['failed_logins', 'locked_until', 'password_hash', 'role', 'cluster_roles', 'disabled_at'],
  api_token: ['revoked_at'],
  finding_acknowledgement: ['ended_at', 'ended_by'],
  // Wishes, not states: the controller moves the operation.
  operation: [
    ...['cancel_requested_at', 'cancel_requested_by', 'release_requested_at', 'release_requested_by'],
    ...['acknowledged_at', 'acknowledged_by', 'acknowledgement'],
  ],
  maintenance: ['ended_at', 'ended_by'],
  plan: ['shown_at'],
} as const;

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
  for (const [table, columns] of Object.entries(READABLE_COLUMNS)) {
    await client.query(`GRANT SELECT (${columnList(columns)}) ON ${table} TO ${role}`);
  }
  for (const [table, columns] of Object.entries(INSERTABLE)) {
    await client.query(`GRANT INSERT (${columnList(columns)}) ON ${table} TO ${role}`);
    await client.query(`GRANT USAGE ON SEQUENCE ${table}_id_seq TO ${role}`);
  }
  for (const [table, columns] of Object.entries(INSERTABLE_WITH_ID)) {
    await client.query(`GRANT INSERT (${columnList(columns)}) ON ${table} TO ${role}`);
  }
  for (const [table, columns] of Object.entries(UPDATABLE)) {
    await client.query(`GRANT UPDATE (${columnList(columns)}) ON ${table} TO ${role}`);
  }
  await client.query(`GRANT EXECUTE ON FUNCTION unlock_node_identity(integer) TO ${role}`);
  await client.query(`GRANT EXECUTE ON FUNCTION audit_append(timestamptz, text, text, text, text, text) TO ${role}`);
}

const columnList = (columns: readonly string[]): string => columns.map((column) => pg.escapeIdentifier(column)).join(', ');

/** An installation without a web process has none. */
export async function roleExists(client: Queryable, role: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  return rowCount === 1;
}
