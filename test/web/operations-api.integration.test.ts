/** The API of operations as a program with a token meets it: the routes themselves, on a real control database. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { POST as plans } from '@/app/api/v1/clusters/[slug]/plans/route.ts';
import { NOW_MS } from '../builders/index.ts';
import { moveOperation, recordEvent, storeCluster } from './stored-cluster.ts';
import { startWebDatabase } from './web-database.ts';
import type { WebTestDatabase } from './web-database.ts';
import { webDatabase } from '@/lib/db/ground/web-database.ts';
import { webPrisma } from '@/lib/db/ground/web-prisma.ts';
import { operationHub } from '@/lib/queries/operations/live.ts';
import { POST as approve } from '@/app/api/v1/operations/[id]/approve/route.ts';
import { GET as artifact } from '@/app/api/v1/operations/[id]/artifacts/[name]/route.ts';
import { POST as cancel } from '@/app/api/v1/operations/[id]/cancel/route.ts';
import { GET as events } from '@/app/api/v1/operations/[id]/events/route.ts';
import { GET as one } from '@/app/api/v1/operations/[id]/route.ts';
import { GET as list, POST as request } from '@/app/api/v1/operations/route.ts';

let db: WebTestDatabase;
beforeAll(async () => {
  db = await startWebDatabase();
  Object.assign(process.env, { FARSHORE_WEB_DATABASE_URL: db.url, NEXTAUTH_URL: 'http://127.0.0.1:3000', NEXTAUTH_SECRET: 'x'.repeat(40) });
  await db.addToken('operator', ['cluster.read', 'operation.request', 'operation.cancel', 'ledger.read']);
  await db.addToken('other-operator', ['cluster.read', 'operation.request', 'operation.cancel']);
  await db.addToken('approver', ['cluster.read', 'operation.approve']);
  await db.addToken('reader', ['cluster.read']);
});
afterAll(async () => {
  await operationHub().close();
  await webPrisma().$disconnect();
  await webDatabase().end();
  await db?.stop();
});
beforeEach(async () => {
  await db.owner.query(`UPDATE operation SET state = 'cancelled', ended_at = now() WHERE ended_at IS NULL`);
  // The routes ask by the present time.
  await storeCluster(db.owner, undefined, Date.now() - NOW_MS);
});

interface Asking {
  token?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
}
function ask(path: string, { token = 'operator', body, headers = {} }: Asking = {}): Request {
  return new Request(`http://127.0.0.1:3000${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}
const about = <T extends Record<string, string>>(params: T) => ({ params: Promise.resolve(params) });
const json = async (response: Response) => (await response.json()) as Record<string, unknown>;

const plan = (body: unknown, slug = 'payments', asking: Asking = {}) =>
  plans(ask(`/api/v1/clusters/${slug}/plans`, { ...asking, body }), about({ slug }));
const hashOf = async () => (await json(await plan({ kind: 'switchover', target: 'aws-use1-b' })))['hash'] as string;
const post = async (fields: Record<string, unknown> = {}, asking: Asking = {}) =>
  request(ask('/api/v1/operations', { ...asking, body: { planHash: await hashOf(), reason: 'patching the host', ...fields } }));

describe('POST /api/v1/clusters/:slug/plans', () => {
  test('answers with plan, hash and outlook', async () => {
    const response = await plan({ kind: 'switchover', target: 'aws-use1-b' }, 'payments', { token: 'reader' });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await json(response)).toMatchObject({
      plan: { cluster: 'payments', request: { kind: 'switchover', target: 'aws-use1-b' } },
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      outlook: { blocked: [], checks: expect.any(Array) },
      difference: null,
    });
  });

  test.each<[string, unknown, string, number]>([
    ['an unknown cluster', { kind: 'reload', target: 'a' }, 'nowhere', 404],
    ['a slug that is none', { kind: 'reload', target: 'a' }, '../..', 400],
    ['an unknown node', { kind: 'reload', target: 'a' }, 'payments', 409],
    ['an unknown kind', { kind: 'explode' }, 'payments', 400],
    ['no object', '[]', 'payments', 400],
    ['another field', { kind: 'reload', target: 'a', cluster: 'ledger' }, 'payments', 400],
  ])('%s is a problem', async (_what, body, slug, status) => {
    const response = await plan(body, slug);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await json(response)).toMatchObject({ status, detail: expect.stringMatching(/\S/) });
  });
});

describe('POST /api/v1/operations', () => {
  test('begins one, tells where it is, and answers a repetition with the same', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const planHash = await hashOf();
    const first = await post({ planHash }, { headers });
    expect(first.status).toBe(201);
    const made = await json(first);
    expect(first.headers.get('location')).toBe(`/api/v1/operations/${made['id'] as string}`);
    expect(made).toMatchObject({ cluster: 'payments', kind: 'switchover', state: 'queued', measured: null, reason: 'patching the host' });
    const again = await post({ planHash }, { headers });
    expect(again.status).toBe(200);
    expect(await json(again)).toMatchObject({ id: made['id'] });
    const other = await post({ planHash }, { headers, token: 'other-operator' });
    expect(other.status).toBe(409);
    expect(await json(other)).toMatchObject({ code: 'key-reused' });
    const second = await post({ planHash });
    expect(second.status).toBe(409);
    expect(await json(second)).toMatchObject({ code: 'under-way', operation: made['id'], reasons: [expect.stringContaining('under way')] });
  });

  test.each<[string, Record<string, unknown>, Asking, number]>([
    ['nobody', {}, { token: 'wrong' }, 401],
    ['a reader', {}, { token: 'reader' }, 403],
    ['an unknown hash', { planHash: 'f'.repeat(64) }, {}, 404],
    ['no hash', { planHash: null }, {}, 404],
    ['no reason', { reason: undefined }, {}, 400],
    ['another name than the cluster’s', { confirm: 'ledger' }, {}, 422],
    ['a name that is no text', { confirm: 7 }, {}, 400],
    ['a bad key', {}, { headers: { 'idempotency-key': 'x' } }, 400],
    ['another type of body', {}, { headers: { 'content-type': 'text/plain' } }, 415],
    ['too long a body', { ticket: 'x'.repeat(70_000) }, {}, 413],
  ])('%s is a problem', async (_what, fields, asking, status) => {
    const response = await post(fields, asking);
    expect(response.status).toBe(status);
    expect(await json(response)).toMatchObject({ status, title: expect.any(String), detail: expect.stringMatching(/\S/) });
  });

  test('a cluster that changed since answers with the difference', async () => {
    const planHash = await hashOf();
    await db.owner.query('UPDATE leadership SET term = term + 1');
    const response = await post({ planHash });
    expect(response.status).toBe(409);
    expect(await json(response)).toMatchObject({ code: 'plan-changed', planHash: await hashOf(), difference: [expect.any(String)] });
  });
});

describe('one operation', () => {
  const begin = async () => (await json(await post()))['id'] as string;

  test('is told with its steps, and cancelled once', async () => {
    const id = await begin();
    const response = await one(ask(`/api/v1/operations/${id}`, { token: 'reader' }), about({ id }));
    expect(response.status).toBe(200);
    const answer = await json(response);
    expect(answer).toMatchObject({ id, cluster: 'payments', kind: 'switchover', state: 'queued', measured: null });
    const steps = answer['steps'] as Record<string, unknown>[];
    for (const key of ['name', 'title', 'state', 'startedAt', 'endedAt', 'evidence', 'waitsFor', 'deadlineAt'])
      expect(steps[0]).toHaveProperty(key);
    const body = { reason: 'not today after all' };
    const path = `/api/v1/operations/${id}/cancel`;
    expect((await cancel(ask(path, { body, token: 'reader' }), about({ id }))).status).toBe(403);
    expect((await cancel(ask(path, { body }), about({ id }))).status).toBe(200);
    expect((await cancel(ask(path, { body }), about({ id }))).status).toBe(409);
  });

  test('no token approves, whatever the database says that it holds', async () => {
    await db.owner.query('UPDATE cluster SET approvals_required = 1');
    try {
      const id = await begin();
      const body = { planHash: await hashOf(), decision: 'approved', reason: 'looks good to me' };
      for (const token of ['approver', 'operator']) {
        const response = await approve(ask(`/api/v1/operations/${id}/approve`, { body, token }), about({ id }));
        expect([403, 409]).toContain(response.status);
      }
      expect((await db.owner.query('SELECT FROM operation_approval WHERE operation_id = $1', [id])).rowCount).toBe(0);
    } finally {
      await db.owner.query('UPDATE cluster SET approvals_required = 0');
    }
  });

  test('streams its events, and tells a caller who has them all to stay away', async () => {
    const id = await begin();
    await recordEvent(db.owner, id, { kind: 'started', controller: 'c' }, 'running');
    await moveOperation(db.owner, id, 'failed');
    const path = `/api/v1/operations/${id}/events`;
    const response = await events(ask(path), about({ id }));
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const text = await response.text();
    expect(text).toContain('event: snapshot\nid: 1\n');
    expect(text).toContain('event: end\ndata: {"state":"failed"}');
    expect((await events(ask(path, { headers: { 'last-event-id': '1' } }), about({ id }))).status).toBe(204);
    expect((await events(ask(path), about({ id: randomUUID() }))).status).toBe(404);
    expect((await events(ask(path, { token: 'wrong' }), about({ id }))).status).toBe(401);
  });

  test('what it left is a download that no browser shows as a page', async () => {
    const id = await begin();
    await db.owner.query(
      `INSERT INTO operation_artifact (operation_id, name, content_type, body) VALUES ($1, 'a "b".html', 'text/html', '<script>')`,
      [id],
    );
    const response = await artifact(ask('/x'), about({ id, name: 'a "b".html' }));
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename*=UTF-8''a%20%22b%22.html`);
    expect(await response.text()).toBe('<script>');
    expect((await artifact(ask('/x'), about({ id, name: 'b' }))).status).toBe(404);
  });

  test('the list is filtered, and a filter that is not understood is refused', async () => {
    const id = await begin();
    const answer = await json(await list(ask('/api/v1/operations?cluster=payments&state=open')));
    expect(answer['operations']).toMatchObject([{ id }]);
    expect((await list(ask('/api/v1/operations?state=odd'))).status).toBe(400);
    for (const missing of [randomUUID(), 'x', '%00']) expect((await one(ask('/x'), about({ id: missing }))).status).toBe(404);
  });
});
