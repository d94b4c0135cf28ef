/** Every route of the API, found in the tree: nobody gets in without a token that counts, and no data is kept by a cache. */
import { globSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHANGE_RATE } from '@/app/change-rate.ts';
import { webDatabase } from '@/lib/db/ground/web-database.ts';
import { webPrisma } from '@/lib/db/ground/web-prisma.ts';
import { liveHub } from '@/lib/queries/live-hub.ts';
import { startWebDatabase } from './web-database.ts';
import type { WebTestDatabase } from './web-database.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** They answer anybody: whether the process lives, the sign-in itself, and that there is no such address. */
const OPEN = ['app/api/health/route.ts', 'app/api/auth/[...nextauth]/route.ts', 'app/api/[...path]/route.ts'];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
type Handler = (request: Request, context: { params: Promise<Record<string, string>> }) => Promise<Response>;

const files = globSync('app/api/**/route.ts', { cwd: ROOT });
const guarded = files.filter((file) => !OPEN.includes(file)).toSorted();
const PARAMS = {
  ...{ slug: 'payments', cluster: 'payments', node: 'one', kind: 'switchover', name: 'x' },
  id: '00000000-0000-4000-8000-000000000000',
};

async function handlersOf(file: string): Promise<[(typeof METHODS)[number], Handler][]> {
  const exported = (await import(path.join(ROOT, file))) as Record<string, Handler>;
  return METHODS.flatMap((method) => (exported[method] === undefined ? [] : [[method, exported[method]] as [typeof method, Handler]]));
}

async function call(file: string, method: string, handler: Handler, token: string): Promise<Response> {
  const url = `http://127.0.0.1:3000/${file.replace(/^app[/]/, '').replace('/route.ts', '')}`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const request = new Request(url, method === 'GET' ? { headers } : { method, headers, body: '{}' });
  return await handler(request, { params: Promise.resolve(PARAMS) });
}

let db: WebTestDatabase;
beforeAll(async () => {
  db = await startWebDatabase();
  Object.assign(process.env, { FARSHORE_WEB_DATABASE_URL: db.url, NEXTAUTH_URL: 'http://127.0.0.1:3000', NEXTAUTH_SECRET: 'x'.repeat(40) });
  await db.addToken('nothing', []);
  await db.addToken('expired', ['cluster.read'], new Date(Date.now() - 1_000));
  await db.addToken('reader', ['cluster.read']);
  await db.addToken('operator', ['cluster.read', 'operation.request', 'operation.cancel']);
});
afterAll(async () => {
  await liveHub().close();
  await webPrisma().$disconnect();
  await webDatabase().end();
  await db?.stop();
});

test('all routes are found', () => {
  expect(guarded.length).toBeGreaterThan(25);
  expect(OPEN.filter((file) => !files.includes(file))).toEqual([]);
});

describe.each(guarded)('%s', (file) => {
  test('refuses unknown callers, and those without any right', async () => {
    const handlers = await handlersOf(file);
    expect(handlers.length).toBeGreaterThan(0);
    for (const [method, handler] of handlers) {
      for (const [token, status] of [
        ['unknown', 401],
        ['expired', 401],
        ['nothing', 403],
      ] as const) {
        const response = await call(file, method, handler, token);
        expect(response.status, `${method} with the token “${token}”`).toBe(status);
        expect(response.headers.get('content-type')).toBe('application/problem+json');
        expect(response.headers.get('cache-control')).toBe('no-store');
      }
    }
  });

  test('changes nothing for a reader, and keeps no answer in a cache', async () => {
    for (const [method, handler] of await handlersOf(file)) {
      const response = await call(file, method, handler, 'reader');
      await response.body?.cancel();
      expect(response.headers.get('cache-control')).toMatch(/no-store/);
      if (method !== 'GET') expect(response.status).toBeGreaterThanOrEqual(400);
    }
    const { rows } = await db.owner.query('SELECT FROM operation');
    expect(rows).toEqual([]);
  });
});

test('a caller that asks for changes in a loop is slowed down, and no other', async () => {
  const file = 'app/api/v1/operations/[id]/cancel/route.ts';
  const [[method, handler] = []] = await handlersOf(file);
  let refused: Response | null = null;
  for (let asked = 0; refused === null && asked < 10 * CHANGE_RATE.burst; asked += 1) {
    const response = await call(file, method ?? '', handler!, 'operator');
    if (response.status === 429) refused = response;
  }
  expect(refused?.headers.get('retry-after')).toMatch(/^\d+$/);
  expect((await call(file, method ?? '', handler!, 'reader')).status).not.toBe(429);
});
