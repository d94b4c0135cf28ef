import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerFleet, startStore } from '../../../test/store.ts';
import { applyGrants } from './grants.ts';
import { inTransaction } from './pool.ts';

let store: Awaited<ReturnType<typeof startStore>>;
let web: pg.Client;

beforeAll(async () => {
  store = await startStore();
  await store.pool.query('CREATE ROLE farshore_web LOGIN');
  // A privilege of an earlier version must go.
  await store.pool.query('GRANT ALL ON node_latest TO farshore_web');
  await inTransaction(store.pool, (client) => applyGrants(client, 'farshore_web'));
  await registerFleet(store.pool, 'payments', ['one']);
  await store.pool.query(`INSERT INTO app_user (email, name, role, password_hash) VALUES ('a@b.c', 'A', 'viewer', 'x')`);
  await store.pool.query(`SELECT audit_append(now(), 'a', 'b', 'c', 'done', '{}')`);
  const url = new URL(store.url);
  url.username = 'farshore_web';
  web = new pg.Client(url.toString());
  await web.connect();
});
afterAll(async () => {
  await web?.end();
  await store?.stop();
});

test.each([
  ['cluster views', 'SELECT * FROM cluster_latest'],
  ['samples', 'SELECT * FROM sample'],
  ['tiers', 'SELECT * FROM sample_tier'],
  ['the audit log', 'SELECT * FROM audit_event'],
])('the web process may read %s', async (_what, sql) => {
  await expect(web.query(sql)).resolves.toBeDefined();
});

test.each([
  ['open a session', `INSERT INTO user_session (id, user_id, expires_at) VALUES (gen_random_uuid(), 1, now() + interval '1 h')`],
  ['revoke a session', 'UPDATE user_session SET revoked_at = now()'],
  ['count a failed sign-in', 'UPDATE app_user SET failed_logins = failed_logins + 1'],
  ['lock an account row for that', 'SELECT * FROM app_user FOR NO KEY UPDATE'],
  ['lift the lock of an identity', 'SELECT unlock_node_identity(1)'],
  ['change objectives', 'UPDATE cluster SET rpo_objective_seconds = 5'],
  ['see how a join token stands', 'SELECT id, node_id, expires_at, used_at FROM join_token'],
  ['append to the audit log', `SELECT audit_append(now(), 'web', 'sign-in', 'x', 'done', '{}')`],
])('the web process may %s', async (_what, sql) => {
  await expect(web.query(sql)).resolves.toBeDefined();
});

test.each([
  ['change an audit event', `UPDATE audit_event SET actor = 'nobody'`],
  ['delete an audit event', 'DELETE FROM audit_event'],
  ['empty the audit log', 'TRUNCATE audit_event'],
  ['write an audit event around the function', `INSERT INTO audit_event VALUES (99, now(), 'a', 'b', 'c', 'd', '{}', 'x', 'y')`],
  ['write a report', `INSERT INTO node_latest VALUES (1, now(), now(), 1, '1', '{}')`],
  [
    'write a sample',
    `INSERT INTO sample (node_id, observed_at, sequence, received_at, server_state, stored_xact) VALUES (1, now(), 1, now(), 'x', 1)`,
  ],
  ['take a leadership', `INSERT INTO leadership VALUES (1, 1, 'one', 1, now(), 'x')`],
  ['read join tokens', 'SELECT * FROM join_token'],
  ['read identities', 'SELECT * FROM node_identity'],
  ['read the hash of a join token', 'SELECT secret_hash FROM join_token'],
  ['read the fingerprint of an identity', 'SELECT fingerprint_sha256 FROM node_identity'],
  ['write an identity', `UPDATE node_identity SET locked_at = NULL`],
  ['make an identity', `INSERT INTO node_identity (node_id, generation, fingerprint_sha256, not_after) VALUES (1, 1, 'x', now())`],
  ['mark a join token as unused', 'UPDATE join_token SET used_at = NULL'],
  ['resolve a finding', 'UPDATE finding SET resolved_at = now()'],
  ['write a node’s history', `INSERT INTO node_event (node_id, at, kind, detail) VALUES (1, now(), 'role', '{}')`],
  ['point agents to another gateway', `UPDATE installation SET gateway_url = 'https://elsewhere'`],
  ['rewrite an acknowledgement', `UPDATE finding_acknowledgement SET reason = 'x'`],
  ['give an account another address', `UPDATE app_user SET email = 'x@y.z'`],
  ['delete an account', 'DELETE FROM app_user'],
  ['widen an API token', `UPDATE api_token SET permissions = '{}'`],
  ['give an API token to another cluster', `UPDATE api_token SET cluster_permissions = '{}'`],
  ['give an API token another maker', `UPDATE api_token SET created_by_user_id = NULL`],
  ['delete a session', 'DELETE FROM user_session'],
  ['rename a cluster', `UPDATE cluster SET name = 'x'`],
  ['delete a cluster', 'DELETE FROM cluster'],
  ['move a node to another cluster', 'UPDATE node SET cluster_id = 1'],
  ['enrol a node', 'UPDATE node SET enrolled_at = now()'],
])('the web process may not %s', async (_what, sql) => {
  await expect(web.query(sql)).rejects.toMatchObject({ code: '42501' });
});

test.each([
  ['update', `UPDATE audit_event SET actor = 'nobody'`],
  ['delete', 'DELETE FROM audit_event'],
  ['truncate', 'TRUNCATE audit_event'],
])('not even the owner can %s the audit log', async (_what, sql) => {
  await expect(store.pool.query(sql)).rejects.toThrow('audit_event is append-only');
});
