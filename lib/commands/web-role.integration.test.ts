/** Everything that the console changes, run under the narrow database role of the web process. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aPerson } from '../../test/builders/index.ts';
import { randomUUID } from 'node:crypto';
import { startStore } from '../../test/store.ts';
import { loadAcknowledgements } from '../db/records/acknowledgements.ts';
import { applyGrants } from '../db/ground/grants.ts';
import { enrolIdentity, lockIdentity } from '../db/fleet/identities.ts';
import { recordInstallation } from '../db/ground/installation.ts';
import { createPool, inTransaction } from '../db/ground/pool.ts';
import { createPrisma } from '../db/ground/prisma.ts';
import type { Prisma } from '../db/ground/prisma.ts';
import type { PolicyChanges } from '../domain/policy/cluster-policy.ts';
import type { Actor, Role } from '../domain/policy/permissions.ts';
import { readFindingHistory } from '../queries/findings.ts';
import { readApiTokens, readPeople } from '../queries/settings/access.ts';
import { readOwnHealth } from '../queries/settings/own-health.ts';
import { readEnrolment, readInstallation, readRegistry } from '../queries/settings/registry.ts';
import { createApiToken } from './api-token/create.ts';
import { revokeApiToken } from './api-token/revoke.ts';
import { createCluster } from './cluster/create.ts';
import { retireCluster } from './cluster/retire.ts';
import { setPolicy } from './cluster/set-policy.ts';
import type { CommandContext, CommandResult } from './define.ts';
import { acknowledgeFinding } from './finding/acknowledge.ts';
import { withdrawAcknowledgement } from './finding/withdraw.ts';
import { issueJoinToken } from './node/issue-join-token.ts';
import { registerNode } from './node/register.ts';
import { retireNode } from './node/retire.ts';
import { unlockNode } from './node/unlock.ts';
import { revokeSessions } from './session/revoke.ts';
import { createUser } from './user/create.ts';
import { disableAccount } from './user/disable.ts';
import { setRole } from './user/set-role.ts';

const CA = 'ab'.repeat(32);
const SITE = { provider: 'AWS', region: 'us-east-1', zone: 'a', jurisdiction: 'US' };
let store: Awaited<ReturnType<typeof startStore>>;
let prisma: Prisma;
let web: ReturnType<typeof createPool>;

beforeAll(async () => {
  store = await startStore();
  await store.pool.query('CREATE ROLE farshore_web LOGIN');
  await inTransaction(store.pool, (client) => applyGrants(client, 'farshore_web'));
  const url = new URL(store.url);
  url.username = 'farshore_web';
  prisma = createPrisma(url.toString());
  web = createPool(url.toString(), { max: 2, applicationName: 'test' });
});
afterAll(async () => {
  await prisma?.$disconnect();
  await web?.end();
  await store?.stop();
});

const asRole = (role: Role): Actor => aPerson(role, { email: `${role}@example.com` });
const by = (role: Role, at = new Date()): CommandContext => ({ prisma, actor: asRole(role), at });
const admin = asRole('admin');

function valueOf<T>(result: CommandResult<T>): T {
  if (!result.ok) throw new Error(result.reasons.join('\n'));
  return result.value;
}

async function lastBody(): Promise<Record<string, unknown>> {
  const { rows } = await store.pool.query<{ body: string }>('SELECT body FROM audit_event ORDER BY sequence DESC LIMIT 1');
  return JSON.parse(rows[0]!.body) as Record<string, unknown>;
}

/** As the controller would open it. */
async function openFinding(cluster: string, severity = 'warning', since = new Date()): Promise<string> {
  const id = randomUUID();
  await store.pool.query(
    `INSERT INTO finding (id, cluster_id, code, node_name, subject, severity, summary, evidence, since, last_seen_at)
     SELECT $1, id, 'slot-inactive', 'one', 'two', $3, 'Slot two is idle.', '{}', $4, now() FROM cluster WHERE slug = $2`,
    [id, cluster, severity, since],
  );
  return id;
}

describe('under the web’s database role', () => {
  test('a cluster is made, its objectives change, and both are audited with what was before', async () => {
    const reason = 'agreed with the owners';
    const set = (as: Role, cluster: string, changes: PolicyChanges) => setPolicy(by(as), { cluster, version: 1, changes, reason });
    valueOf(await createCluster(by('admin'), { slug: 'web-a', name: 'Web A', policy: { jurisdictions: ['US'], rpoObjectiveSeconds: 30 } }));
    valueOf(await set('admin', 'web-a', { rtoObjectiveSeconds: 300, rpoObjectiveSeconds: null, jurisdictions: ['US'] }));
    expect(await lastBody()).toEqual({
      ...{ reason, version: 2 },
      before: { rtoObjectiveSeconds: null, rpoObjectiveSeconds: 30 },
      after: { rtoObjectiveSeconds: 300, rpoObjectiveSeconds: null },
    });
    const { clusters } = await readRegistry(admin, new Date(), web);
    expect(clusters.find(({ slug }) => slug === 'web-a')).toMatchObject({
      policy: { rtoObjectiveSeconds: 300, rpoObjectiveSeconds: null, jurisdictions: ['US'], environment: 'production' },
      policyVersion: 2,
    });
    expect(await set('admin', 'nowhere', { rtoObjectiveSeconds: 1 })).toMatchObject({ ok: false });
    expect(await set('operator', 'web-a', { rtoObjectiveSeconds: 1 })).toMatchObject({
      ...{ ok: false, kind: 'denied', reasons: [expect.stringContaining('“operator” may not')] },
    });
    expect(await set('admin', 'web-a', { rtoObjectiveSeconds: -1, rpoObjectiveSeconds: 0.5 })).toMatchObject({
      ...{ ok: false, kind: 'invalid' },
    });
  });

  test('a node is registered, gets a token, joins, is locked, unlocked and retired; each is seen in the settings', async () => {
    valueOf(await createCluster(by('admin'), { slug: 'web-b', name: 'Web B' }));
    valueOf(await registerNode(by('admin'), { cluster: 'web-b', name: 'one', ...SITE }));
    const step = async () => (await readEnrolment(admin, 'web-b', 'one', new Date(), web))?.node.progress.step;
    expect(await step()).toBe('no-token');
    const { token } = valueOf(await issueJoinToken(by('admin'), { cluster: 'web-b', node: 'one', caFingerprint: CA }));
    expect(token).toMatch(new RegExp(`^fj1\\..+\\.${CA}$`));
    expect(await step()).toBe('waiting');
    await store.pool.query('UPDATE join_token SET expires_at = now()');
    expect(await step()).toBe('token-expired');

    const { rows } = await store.pool.query<{ id: number }>(
      `SELECT n.id FROM node n JOIN cluster c ON c.id = n.cluster_id WHERE c.slug = 'web-b'`,
    );
    const nodeId = rows[0]!.id;
    const certificate = {
      nodeId,
      fingerprintSha256: 'f'.repeat(64),
      notAfter: new Date(Date.now() + 3_600_000),
      instanceId: randomUUID(),
      at: new Date(),
    };
    await inTransaction(store.pool, (client) => enrolIdentity(client, certificate));
    expect(await step()).toBe('joined-silent');
    await lockIdentity(store.pool, nodeId, 'two agents used it', new Date());
    expect(await step()).toBe('locked');
    expect(valueOf(await unlockNode(by('admin'), { cluster: 'web-b', node: 'one' }))).toEqual({ lockReason: 'two agents used it' });
    expect(await step()).toBe('joined-silent');

    valueOf(await registerNode(by('admin'), { cluster: 'web-b', name: 'leader', ...SITE }));
    await store.pool.query(
      `INSERT INTO leadership (cluster_id, term, holder, timeline, since, source) SELECT id, 1, 'leader', 1, now(), 'first-seen' FROM cluster WHERE slug = 'web-b'`,
    );
    expect(await retireNode(by('admin'), { cluster: 'web-b', node: 'leader' })).toMatchObject({
      ok: false,
      reasons: [expect.stringContaining('leads')],
    });
    await store.pool.query(
      `INSERT INTO operation (id, cluster_id, kind, plan_hash, plan, state, approvals_required, requested_by, reason)
       SELECT gen_random_uuid(), id, 'reload', '', '{}', 'queued', 0, 'user:x', 'a test' FROM cluster WHERE slug = 'web-b'`,
    );
    await store.pool.query(`UPDATE operation SET state = 'running'`);
    expect(await retireNode(by('admin'), { cluster: 'web-b', node: 'one' })).toMatchObject({
      ok: false,
      reasons: [expect.stringContaining('under way')],
    });
    await store.pool.query(`UPDATE operation SET state = 'failed', ended_at = now()`);
    valueOf(await issueJoinToken(by('admin'), { cluster: 'web-b', node: 'one', caFingerprint: CA }));
    valueOf(await retireNode(by('admin'), { cluster: 'web-b', node: 'one' }));
    expect(await step()).toBeUndefined();
    const open = await store.pool.query('SELECT FROM join_token WHERE node_id = $1 AND used_at IS NULL AND expires_at > now()', [nodeId]);
    expect(open.rowCount).toBe(0);
    expect(await retireNode(by('admin'), { cluster: 'web-b', node: 'one' })).toMatchObject({ ok: false, kind: 'refused' });
    expect(await retireCluster(by('admin'), { cluster: 'web-b' })).toMatchObject({
      ok: false,
      reasons: [expect.stringContaining('1 node')],
    });
    await store.pool.query('DELETE FROM leadership');
    valueOf(await retireNode(by('admin'), { cluster: 'web-b', node: 'leader' }));
    valueOf(await retireCluster(by('admin'), { cluster: 'web-b' }));
    expect((await readRegistry(admin, new Date(), web)).clusters.some(({ slug }) => slug === 'web-b')).toBe(false);
  });

  test('accounts: made, given a role, sessions ended, disabled; never the last administrator', async () => {
    const { password } = valueOf(await createUser(by('admin'), { email: 'Ada@example.com', name: 'Ada', role: 'admin' }));
    expect(password.length).toBeGreaterThanOrEqual(12);
    expect(await setRole(by('admin'), { email: 'ada@example.com', role: 'viewer' })).toMatchObject({
      ...{ ok: false, reasons: [expect.stringContaining('last administrator')] },
    });
    valueOf(await createUser(by('admin'), { email: 'bob@example.com', name: 'Bob', role: 'viewer' }));
    valueOf(await setRole(by('admin'), { email: 'bob@example.com', role: 'operator' }));
    expect(await lastBody()).toEqual({ clusters: 'fleet', before: 'viewer', after: 'operator' });
    await store.pool.query(
      `INSERT INTO user_session (id, user_id, expires_at) SELECT gen_random_uuid(), id, now() + interval '1 h' FROM app_user WHERE email = 'bob@example.com'`,
    );
    const bob = async () => (await readPeople(admin, new Date(), web)).find(({ email }) => email === 'bob@example.com');
    expect(await bob()).toMatchObject({ role: 'operator', sessions: [{}] });
    expect(valueOf(await revokeSessions(by('admin'), { email: 'bob@example.com' }))).toEqual({ sessionsEnded: 1 });
    expect((await bob())?.sessions).toEqual([]);
    valueOf(await disableAccount(by('admin'), { email: 'bob@example.com' }));
    expect((await bob())?.disabledAt).not.toBeNull();
    expect(await setRole(by('admin'), { email: 'bob@example.com', role: 'viewer' })).toMatchObject({ ok: false });
    await expect(readPeople(asRole('operator'), new Date(), web)).rejects.toThrow('may not');
  });

  test('API tokens: made, listed without their secret, revoked', async () => {
    const { id } = valueOf(await createApiToken(by('admin'), { name: 'grafana', permissions: ['cluster.read'], validDays: 30 }));
    const listed = async () => (await readApiTokens(admin, new Date(), web)).find((token) => token.id === id);
    expect(await listed()).toMatchObject({ name: 'grafana', counts: true });
    expect(JSON.stringify(await listed())).not.toContain('hash');
    valueOf(await revokeApiToken(by('admin'), { id }));
    expect(await listed()).toMatchObject({ counts: false });
    expect(await revokeApiToken(by('admin'), { id })).toMatchObject({ ok: false, kind: 'refused' });
  });

  test('a finding is acknowledged, again with another reason, and withdrawn; twice at once leaves one', async () => {
    valueOf(await createCluster(by('admin'), { slug: 'web-c', name: 'Web C' }));
    const findingId = await openFinding('web-c');
    const count = async (at = new Date()) => (await loadAcknowledgements(web, at, 'every')).filter(({ cluster }) => cluster === 'web-c');
    const both = await Promise.all(
      ['first', 'second'].map((reason) => acknowledgeFinding(by('operator'), { findingId, reason: `${reason} reason`, hours: 2 })),
    );
    expect(both.some(({ ok }) => ok)).toBe(true);
    expect(await count()).toHaveLength(1);
    valueOf(await acknowledgeFinding(by('operator'), { findingId, reason: 'being rebuilt', hours: 1 }));
    expect(await count()).toMatchObject([
      { reason: 'being rebuilt', by: 'user:operator@example.com', severity: 'warning', subject: 'two' },
    ]);
    expect(await count(new Date(Date.now() + 2 * 3_600_000))).toEqual([]);
    valueOf(await withdrawAcknowledgement(by('operator'), { findingId }));
    expect(await count()).toEqual([]);
    expect(await withdrawAcknowledgement(by('operator'), { findingId })).toMatchObject({
      ok: false,
      reasons: [expect.stringContaining('not acknowledged')],
    });
    expect(await acknowledgeFinding(by('viewer'), { findingId, reason: 'being rebuilt', hours: 1 })).toMatchObject({
      ok: false,
      kind: 'denied',
    });
    expect(await acknowledgeFinding(by('operator'), { findingId, reason: '   ', hours: 1 })).toMatchObject({ ok: false, kind: 'invalid' });
    expect(await acknowledgeFinding(by('operator'), { findingId, reason: 'for ever', hours: 1e6 })).toMatchObject({
      ok: false,
      kind: 'invalid',
    });
  });

  test('an expired acknowledgement is in nobody’s way', async () => {
    const findingId = await openFinding('web-a');
    const yesterday = new Date(Date.now() - 24 * 3_600_000);
    valueOf(await acknowledgeFinding(by('operator', yesterday), { findingId, reason: 'over soon', hours: 1 }));
    valueOf(await acknowledgeFinding(by('operator'), { findingId, reason: 'and again', hours: 1 }));
    expect((await loadAcknowledgements(web, new Date(), 'every')).filter(({ cluster }) => cluster === 'web-a')).toHaveLength(1);
  });

  test('what is over is gathered by what it was about, with how often and how long', async () => {
    valueOf(await createCluster(by('admin'), { slug: 'web-d', name: 'Web D' }));
    const hourAgo = Date.now() - 3_600_000;
    for (const [severity, minutes] of [
      ['warning', 10],
      ['critical', 20],
    ] as const) {
      const id = await openFinding('web-d', severity, new Date(hourAgo));
      await store.pool.query('UPDATE finding SET resolved_at = $2 WHERE id = $1', [id, new Date(hourAgo + minutes * 60_000)]);
    }
    const { past } = await readFindingHistory(asRole('viewer'), 7, new Date(), web);
    expect(past.filter(({ cluster }) => cluster === 'web-d')).toMatchObject([
      { times: 2, severity: 'critical', lastDurationMs: 20 * 60_000, longestMs: 20 * 60_000, totalMs: 30 * 60_000 },
    ]);
  });

  test('Farshore tells about itself', async () => {
    await recordInstallation(store.pool, { caFingerprint: CA, gatewayUrl: 'https://gw:7443', gatewayNames: ['gw'] }, new Date());
    expect(await readInstallation(asRole('viewer'), web)).toEqual({
      caFingerprint: CA,
      gatewayUrl: 'https://gw:7443',
      gatewayNames: ['gw'],
    });
    const health = await readOwnHealth(asRole('viewer'), new Date(), web);
    expect(health.database.bytes).toBeGreaterThan(1_000_000);
    expect(health.database.tables.map(({ table }) => table)).toEqual(['sample', 'sample_tier_10', 'sample_tier_60', 'sample_tier_600']);
    expect(health).toMatchObject({ newestSampleReceivedAt: null, newestViewComputedAt: null });
  });
});
