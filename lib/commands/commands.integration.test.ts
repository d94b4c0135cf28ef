import { verify } from '@node-rs/argon2';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aPerson, aToken } from '../../test/builders/index.ts';
import { JoinToken } from '../agent-contract/messages.ts';
import { verifyChain } from '../audit/verify.ts';
import { lockIdentity, enrolIdentity } from '../db/fleet/identities.ts';
import { redeemJoinToken } from '../db/fleet/join-tokens.ts';
import { createPrisma } from '../db/ground/prisma.ts';
import type { Prisma } from '../db/ground/prisma.ts';
import { ROLES } from '../domain/policy/permissions.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import { startStore } from '../../test/store.ts';
import { createApiToken } from './api-token/create.ts';
import { createCluster } from './cluster/create.ts';
import type { CommandContext, CommandResult } from './define.ts';
import { issueJoinToken } from './node/issue-join-token.ts';
import { registerNode } from './node/register.ts';
import { unlockNode } from './node/unlock.ts';
import { revokeSessions } from './session/revoke.ts';
import { createUser } from './user/create.ts';
import { disableAccount } from './user/disable.ts';
import { setRole } from './user/set-role.ts';

const CA = 'ab'.repeat(32);
const SITE = { provider: 'AWS', region: 'us-east-1', zone: 'a', jurisdiction: 'US' };
let store: Awaited<ReturnType<typeof startStore>>;
let prisma: Prisma;
let context: CommandContext;
let clusters = 0;

beforeAll(async () => {
  store = await startStore();
  prisma = createPrisma(store.url);
  context = { prisma, actor: { kind: 'system', process: 'test' }, at: new Date() };
});
afterAll(async () => {
  await prisma?.$disconnect();
  await store?.stop();
});

function valueOf<T>(result: CommandResult<T>): T {
  if (!result.ok) throw new Error(result.reasons.join('\n'));
  return result.value;
}

async function lastEvent(): Promise<{ actor: string; action: string; subject: string; outcome: string; body: string }> {
  const { rows } = await store.pool.query('SELECT actor, action, subject, outcome, body FROM audit_event ORDER BY sequence DESC LIMIT 1');
  return rows[0];
}

async function aCluster(): Promise<string> {
  const slug = `cluster-${++clusters}`;
  valueOf(await createCluster(context, { slug, name: 'A cluster' }));
  return slug;
}

describe('every command', () => {
  const attempts: [string, (by: CommandContext) => Promise<CommandResult<unknown>>][] = [
    ['cluster.create', (by) => createCluster(by, { slug: 'denied', name: 'Denied' })],
    ['node.register', (by) => registerNode(by, { cluster: 'denied', name: 'denied', ...SITE })],
    ['node.issue-join-token', (by) => issueJoinToken(by, { cluster: 'denied', node: 'denied', caFingerprint: CA })],
    ['node.unlock', (by) => unlockNode(by, { cluster: 'denied', node: 'denied' })],
    ['user.create', (by) => createUser(by, { email: 'denied@example.com', name: 'Denied', role: 'admin' })],
    ['user.disable', (by) => disableAccount(by, { email: 'denied@example.com' })],
    ['api-token.create', (by) => createApiToken(by, { name: 'denied', permissions: ['cluster.read'] })],
    ['session.revoke', (by) => revokeSessions(by, { email: 'denied@example.com' })],
  ];
  const actors: Actor[] = [
    ...ROLES.filter((role) => role !== 'admin').map((role) => aPerson(role)),
    aToken(['cluster.read', 'audit.read']),
  ];

  test.each(attempts)('%s is denied to all but administrators, with a reason, and the attempt is audited', async (action, attempt) => {
    for (const actor of actors) {
      const result = await attempt({ ...context, actor });
      expect(result).toMatchObject({ ok: false, kind: 'denied', reasons: [expect.stringContaining('may not do this')] });
      expect(await lastEvent()).toMatchObject({ action, outcome: 'denied' });
    }
  });
});

describe('cluster.create', () => {
  test('registers once, and audits what was registered', async () => {
    const slug = await aCluster();
    expect(await lastEvent()).toMatchObject({
      actor: 'system:test',
      action: 'cluster.create',
      subject: `cluster:${slug}`,
      outcome: 'done',
    });
    const again = await createCluster(context, { slug, name: 'Again' });
    expect(again).toMatchObject({ ok: false, kind: 'refused', reasons: [expect.stringContaining('Choose another')] });
    expect(await lastEvent()).toMatchObject({ outcome: 'refused', subject: `cluster:${slug}` });
  });

  test('of ten at once one wins, and no attempt is lost from the audit', async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => createCluster(context, { slug: 'race', name: 'Race' })));
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    const { rows } = await store.pool.query(
      `SELECT outcome, count(*)::int FROM audit_event WHERE subject = 'cluster:race' GROUP BY 1 ORDER BY 1`,
    );
    expect(rows).toEqual([
      { outcome: 'done', count: 1 },
      { outcome: 'refused', count: 9 },
    ]);
  });
});

describe('hostile names', () => {
  test.each([
    '<script>alert(1)</script>',
    'UPPER',
    '-dash',
    'dash-',
    'a'.repeat(64),
    'ünïcode',
    'a b',
    '',
    "'; DROP TABLE node; --",
    'a\0b',
  ])('a node named %j is refused with a sentence', async (name) => {
    const cluster = await aCluster();
    const result = await registerNode(context, { cluster, name, ...SITE });
    expect(result).toMatchObject({
      ok: false,
      kind: 'invalid',
      reasons: [expect.stringContaining('lower-case letters, digits and hyphens')],
    });
  });

  test.each(['<b>bold</b>', 'right\u202eto left', 'line\nbreak', '   ', 'x'.repeat(101)])(
    'a cluster called %j is refused',
    async (name) => {
      expect(await createCluster(context, { slug: 'named', name })).toMatchObject({ ok: false, kind: 'invalid' });
    },
  );

  test('names in any script are welcome', async () => {
    expect(await createCluster(context, { slug: 'zahlungen', name: 'Zahlungen – 支払い (β)' })).toMatchObject({ ok: true });
  });
});

describe('joining', () => {
  test('a token is bound to its node, ends within 15 minutes, and only its hash is kept', async () => {
    const cluster = await aCluster();
    valueOf(await registerNode(context, { cluster, name: 'one', ...SITE }));
    const { token, expiresAt } = valueOf(await issueJoinToken(context, { cluster, node: 'one', caFingerprint: CA }));
    expect(JoinToken.safeParse(token).success).toBe(true);
    expect(expiresAt.getTime() - context.at.getTime()).toBe(15 * 60_000);
    const secret = token.split('.')[1] ?? '';
    expect(Buffer.from(secret, 'base64url').length * 8).toBeGreaterThanOrEqual(128);
    const dump = JSON.stringify((await store.pool.query('SELECT j.*, a.body FROM join_token j, audit_event a')).rows);
    expect(dump).not.toContain(secret);
    expect(await redeemJoinToken(store.pool, secret, 'one', context.at)).toMatchObject({ redeemed: true, clusterSlug: cluster });
  });

  test('a new token ends the one before', async () => {
    const cluster = await aCluster();
    valueOf(await registerNode(context, { cluster, name: 'one', ...SITE }));
    const first = valueOf(await issueJoinToken(context, { cluster, node: 'one', caFingerprint: CA }));
    valueOf(await issueJoinToken({ ...context, at: new Date(context.at.getTime() + 1000) }, { cluster, node: 'one', caFingerprint: CA }));
    const late = new Date(context.at.getTime() + 2000);
    expect(await redeemJoinToken(store.pool, first.token.split('.')[1] ?? '', 'one', late)).toMatchObject({
      redeemed: false,
      why: 'expired',
    });
  });

  test('longer than 15 minutes, an unknown node and a malformed fingerprint are refused', async () => {
    const cluster = await aCluster();
    expect(await issueJoinToken(context, { cluster, node: 'one', caFingerprint: CA, validMinutes: 16 })).toMatchObject({ kind: 'invalid' });
    expect(await issueJoinToken(context, { cluster, node: 'one', caFingerprint: 'nope' })).toMatchObject({ kind: 'invalid' });
    expect(await issueJoinToken(context, { cluster, node: 'one', caFingerprint: CA })).toMatchObject({
      kind: 'refused',
      reasons: [expect.stringContaining('Register it first')],
    });
  });

  test('a locked node is unlocked once', async () => {
    const cluster = await aCluster();
    const { id } = valueOf(await registerNode(context, { cluster, name: 'one', ...SITE }));
    await enrolIdentity(store.pool, {
      nodeId: id,
      fingerprintSha256: 'f',
      notAfter: new Date(),
      instanceId: crypto.randomUUID(),
      at: new Date(),
    });
    await lockIdentity(store.pool, id, 'two holders', new Date());
    expect(valueOf(await unlockNode(context, { cluster, node: 'one' }))).toEqual({ lockReason: 'two holders' });
    expect(await unlockNode(context, { cluster, node: 'one' })).toMatchObject({ kind: 'refused' });
  });
});

describe('accounts', () => {
  test('a password is kept as argon2id, shown once, and never audited', async () => {
    const created = valueOf(await createUser(context, { email: 'Ada@Example.com', name: 'Ada', role: 'admin' }));
    const { rows } = await store.pool.query(`SELECT password_hash FROM app_user WHERE email = 'ada@example.com'`);
    expect(rows[0].password_hash).toMatch(/^\$argon2id\$/);
    expect(await verify(rows[0].password_hash, created.password)).toBe(true);
    const bodies = JSON.stringify((await store.pool.query('SELECT body FROM audit_event')).rows);
    expect(bodies).not.toContain(created.password);
    expect(await createUser(context, { email: 'ada@example.com', name: 'Ada', role: 'viewer' })).toMatchObject({ kind: 'refused' });
    expect(await createUser(context, { email: 'short@example.com', name: 'S', role: 'viewer', password: 'short' })).toMatchObject({
      kind: 'invalid',
    });
    expect((await lastEvent()).body).not.toContain('"short"');
  });

  test('disabling ends the sessions; the last administrator stays', async () => {
    valueOf(await createUser(context, { email: 'bob@example.com', name: 'Bob', role: 'viewer' }));
    await store.pool.query(
      `INSERT INTO user_session (id, user_id, expires_at) SELECT gen_random_uuid(), id, now() + interval '1 h' FROM app_user WHERE email = 'bob@example.com'`,
    );
    expect(valueOf(await disableAccount(context, { email: 'bob@example.com' }))).toEqual({ sessionsEnded: 1 });
    expect(await disableAccount(context, { email: 'bob@example.com' })).toMatchObject({ kind: 'refused' });
    expect(await disableAccount(context, { email: 'ada@example.com' })).toMatchObject({
      kind: 'refused',
      reasons: [expect.stringContaining('last administrator')],
    });
    expect(await disableAccount(context, { email: 'nobody@example.com' })).toMatchObject({ kind: 'refused' });
  });

  test('two administrators who demote or disable each other at one moment leave one', async () => {
    const admins = async () =>
      (await store.pool.query("SELECT email FROM app_user WHERE role = 'admin' AND disabled_at IS NULL")).rows.map(({ email }) => email);
    const before = await admins();
    for (const round of [1, 2, 3, 4, 5, 6]) {
      const [one, other] = [`one-${round}@example.com`, `other-${round}@example.com`];
      for (const email of [one, other]) valueOf(await createUser(context, { email, name: 'Admin', role: 'admin' }));
      for (const email of before) valueOf(await disableAccount(context, { email }));
      const results = await Promise.all([
        setRole(context, { email: one, role: 'viewer' }),
        round % 2 === 0 ? disableAccount(context, { email: other }) : setRole(context, { email: other, role: 'viewer' }),
      ]);
      expect(results.filter(({ ok }) => ok)).toHaveLength(1);
      const left = await admins();
      expect(left).toHaveLength(1);
      before.splice(0, before.length, ...left);
    }
    // As it was before, for the other tests.
    valueOf(await createUser(context, { email: 'eve@example.com', name: 'Eve', role: 'admin' }));
  });

  test('a session is revoked by its id, once', async () => {
    const { rows } = await store.pool.query(
      `INSERT INTO user_session (id, user_id, expires_at) SELECT gen_random_uuid(), id, now() + interval '1 h' FROM app_user
       WHERE email = 'ada@example.com' RETURNING id`,
    );
    expect(valueOf(await revokeSessions(context, { sessionId: rows[0].id }))).toEqual({ sessionsEnded: 1 });
    expect(await revokeSessions(context, { sessionId: rows[0].id })).toMatchObject({ kind: 'refused' });
  });

  test('an API token is kept as a hash, and holds reading permissions only', async () => {
    const { token } = valueOf(await createApiToken(context, { name: 'ci', permissions: ['cluster.read'] }));
    const { rows } = await store.pool.query(`SELECT secret_hash, permissions FROM api_token WHERE name = 'ci'`);
    expect(rows).toEqual([{ secret_hash: createHash('sha256').update(token).digest('hex'), permissions: ['cluster.read'] }]);
    expect(await createApiToken(context, { name: 'ci', permissions: ['cluster.read'] })).toMatchObject({ kind: 'refused' });
    expect(await createApiToken(context, { name: 'x', permissions: ['node.enrol' as never] })).toMatchObject({ kind: 'invalid' });
  });
});

test('when the audit cannot be written, nothing is done', async () => {
  await store.pool.query('ALTER FUNCTION audit_append(timestamptz, text, text, text, text, text) RENAME TO audit_gone');
  try {
    await expect(createCluster(context, { slug: 'unaudited', name: 'X' })).rejects.toThrow();
  } finally {
    await store.pool.query('ALTER FUNCTION audit_gone(timestamptz, text, text, text, text, text) RENAME TO audit_append');
  }
  expect((await store.pool.query(`SELECT FROM cluster WHERE slug = 'unaudited'`)).rowCount).toBe(0);
});

test('the chain of all of the above is intact', async () => {
  expect(await verifyChain(store.pool)).toMatchObject({ intact: true });
});
