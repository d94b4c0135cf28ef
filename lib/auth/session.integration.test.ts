import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { PASSWORD, startWebDatabase } from '../../test/web/web-database.ts';
import type { WebTestDatabase } from '../../test/web/web-database.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import { signInWithPassword } from './sign-in.ts';
import { FORBIDDEN_DIGEST, endCurrentSession, requestActor, requireActor, actorAgain } from './session.ts';

/** Stands for the cookie in Next's request; everything behind it is real. */
const request = vi.hoisted(() => ({ sessionId: undefined as string | undefined, path: '/clusters/payments?x=1', deleted: 0 }));
vi.mock('next-auth', () => ({
  getServerSession: () => Promise.resolve(request.sessionId === undefined ? null : { sessionId: request.sessionId }),
}));
vi.mock('next/headers', () => ({
  cookies: () => Promise.resolve({ has: () => request.sessionId !== undefined, delete: () => (request.deleted += 1) }),
  headers: () => Promise.resolve(new Headers({ 'x-farshore-path': request.path })),
}));
vi.mock('next/navigation', () => ({
  redirect: (to: string) => {
    throw new Error(`redirect ${to}`);
  },
}));

let db: WebTestDatabase;
beforeAll(async () => {
  db = await startWebDatabase();
  Object.assign(process.env, {
    FARSHORE_WEB_DATABASE_URL: db.url,
    NEXTAUTH_URL: 'http://127.0.0.1:3000',
    NEXTAUTH_SECRET: 'x'.repeat(40),
  });
  await db.addUser('viewer@farshore.test', 'viewer');
  await db.addToken('fat_reader', ['cluster.read']);
});
afterAll(async () => {
  await webDatabase().end();
  await db?.stop();
});
beforeEach(() => {
  request.sessionId = undefined;
});

const signIn = async () => (await signInWithPassword(db.web, { email: 'viewer@farshore.test', password: PASSWORD }, Date.now()))!.sessionId;
const get = (authorization?: string) =>
  new Request('http://127.0.0.1/api', { headers: authorization === undefined ? {} : { authorization } });

describe('requireActor', () => {
  test('without a session: to the sign-in page, with the way back', async () => {
    await expect(requireActor('cluster.read', 'anywhere')).rejects.toThrow('redirect /sign-in?callbackUrl=%2Fclusters%2Fpayments%3Fx%3D1');
  });

  test('with one: the user; after its revocation the very next request is refused', async () => {
    request.sessionId = await signIn();
    expect(await requireActor('cluster.read', 'anywhere')).toMatchObject({
      email: 'viewer@farshore.test',
      scopes: { fleet: 'viewer' },
      authenticatedAt: expect.any(Date),
    });
    await db.owner.query('UPDATE user_session SET revoked_at = now() WHERE id = $1', [request.sessionId]);
    await expect(requireActor('cluster.read', 'anywhere')).rejects.toThrow('reason=session-ended');
  });

  test('without the permission: refused, and recorded', async () => {
    request.sessionId = await signIn();
    await expect(requireActor('user.manage', 'fleet')).rejects.toMatchObject({ digest: FORBIDDEN_DIGEST });
    expect(await db.auditOf('user.manage')).toMatchObject([{ actor: 'user:viewer@farshore.test', action: 'access', outcome: 'denied' }]);
  });

  test('sign-out ends the session in the database, not only in the browser', async () => {
    request.sessionId = await signIn();
    await endCurrentSession();
    expect(request.deleted).toBe(1);
    await expect(requireActor('cluster.read', 'anywhere')).rejects.toThrow('reason=session-ended');
  });
});

describe('requestActor', () => {
  test('a token speaks for itself; a wrong one is not saved by a good session', async () => {
    expect(await requestActor(get('Bearer fat_reader'), 'cluster.read', 'anywhere')).toMatchObject({
      ok: true,
      actor: { kind: 'apiToken' },
    });
    request.sessionId = await signIn();
    expect(await requestActor(get(), 'cluster.read', 'anywhere')).toMatchObject({ ok: true, actor: { kind: 'user' } });
    expect(await requestActor(get('Bearer wrong'), 'cluster.read', 'anywhere')).toMatchObject({ ok: false, status: 401 });
    expect(await requestActor(get('Bearer fat_reader'), 'audit.read', 'anywhere')).toMatchObject({ ok: false, status: 403 });
  });

  test('a stream learns that its token or session has ended', async () => {
    request.sessionId = await signIn();
    const user = await requireActor('cluster.read', 'anywhere');
    expect(await actorAgain(user, null)).toMatchObject({ kind: 'user', userId: user.userId });
    await db.owner.query('UPDATE app_user SET disabled_at = now() WHERE id = $1', [user.userId]);
    expect(await actorAgain(user, null)).toBeNull();
  });
});
