import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { migratedDirectory, migratedStore } from '../../test/store.ts';
import type { TestStore } from '../../test/store.ts';
import { startPostgres } from '../../test/live-postgres.ts';
import type { LivePostgres } from '../../test/live-postgres.ts';
import { inTransaction } from '../db/ground/pool.ts';
import { appendAudit } from './append.ts';
import { verifyChain } from './verify.ts';

let server: LivePostgres;
let store: TestStore;
beforeAll(async () => {
  server = await startPostgres({ dataFrom: await migratedDirectory() });
});
afterAll(() => server?.stop());
beforeEach(async () => {
  store = await migratedStore(server, 10);
  return () => store.pool.end();
});

const append = (subject: string, body: Record<string, unknown> = {}) =>
  inTransaction(store.pool, (client) =>
    appendAudit(client, {
      at: new Date('2026-11-20T12:00:00.120Z'),
      actor: 'user:ada@example.com',
      action: 'test.append',
      subject,
      outcome: 'done',
      body,
    }),
  );

/** Needs a superuser. */
async function tamper(sql: string): Promise<void> {
  await store.pool.query('ALTER TABLE audit_event DISABLE TRIGGER ALL');
  await store.pool.query(sql);
  await store.pool.query('ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_append_only');
}

test('the database and the verifier hash the same text, whatever is in it', async () => {
  const hostile = [
    'plain',
    'quote " and \\ backslash',
    'tab\tnewline\nbell\u0007del\u007f',
    '<script>',
    '日本語 🐘 \u2028',
    '\u202eright to left',
    'nul\0',
  ];
  for (const text of hostile) await append(text, { text, nested: { b: 1, a: [null, 1.5, -0, 1e21] } });
  expect(await verifyChain(store.pool)).toMatchObject({ intact: true, events: hostile.length });
});

test('an empty log is intact', async () => {
  expect(await verifyChain(store.pool)).toMatchObject({ intact: true, events: 0 });
});

test('fifty appends at once, some of them rolled back, leave no gap', async () => {
  await Promise.allSettled(
    Array.from({ length: 50 }, (_, index) =>
      inTransaction(store.pool, async (client) => {
        await appendAudit(client, { at: new Date(), actor: 'a', action: 'b', subject: String(index), outcome: 'done', body: {} });
        if (index % 5 === 0) throw new Error('rolled back');
      }),
    ),
  );
  expect(await verifyChain(store.pool)).toMatchObject({ intact: true, events: 40 });
});

test.each([
  ['a changed actor', `UPDATE audit_event SET actor = 'user:eve@example.com' WHERE sequence = 3`, 3n, 'changed'],
  ['a changed time', `UPDATE audit_event SET at = at + interval '1 ms' WHERE sequence = 2`, 2n, 'changed'],
  ['a removed event', 'DELETE FROM audit_event WHERE sequence = 4', 4n, 'missing'],
  ['a replaced hash', `UPDATE audit_event SET hash = repeat('f', 64) WHERE sequence = 5`, 5n, 'changed'],
])('%s is found and named', async (_what, sql, at, word) => {
  for (let index = 0; index < 6; index++) await append(`event ${index}`);
  await tamper(sql);
  expect(await verifyChain(store.pool)).toMatchObject({ intact: false, at, reason: expect.stringContaining(word) });
});

test('a chain that was cut off is found by a head that was noted before', async () => {
  for (let index = 0; index < 4; index++) await append(`event ${index}`);
  const noted = await verifyChain(store.pool);
  if (!noted.intact) throw new Error(noted.reason);
  await tamper('DELETE FROM audit_event WHERE sequence = 4');
  expect(await verifyChain(store.pool)).toMatchObject({ intact: true, events: 3 });
  expect(await verifyChain(store.pool, noted.head)).toMatchObject({ intact: false, at: 4n });
  await append('another one');
  expect(await verifyChain(store.pool, noted.head)).toMatchObject({ intact: false, at: 4n, reason: expect.stringContaining('rewritten') });
});
