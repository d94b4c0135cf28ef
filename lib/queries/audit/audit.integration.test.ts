import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { aPerson } from '../../../test/builders/index.ts';
import { startPostgres } from '../../../test/live-postgres.ts';
import type { LivePostgres } from '../../../test/live-postgres.ts';
import { migratedDirectory, migratedStore } from '../../../test/store.ts';
import type { TestStore } from '../../../test/store.ts';
import { appendAudit } from '../../audit/append.ts';
import type { AuditOutcome } from '../../audit/append.ts';
import { inTransaction } from '../../db/ground/pool.ts';
import { ChainWatch, readChainStatus } from './chain.ts';
import { NO_AUDIT_FILTER, parseAuditFilter, readAudit } from './list.ts';

const auditor = aPerson('auditor');
const START_MS = Date.parse('2026-11-21T03:00:00Z');

let server: LivePostgres;
let store: TestStore;
beforeAll(async () => {
  server = await startPostgres({ dataFrom: await migratedDirectory() });
});
afterAll(() => server?.stop());
beforeEach(async () => {
  store = await migratedStore(server, 4);
  return () => store.pool.end();
});

interface Written {
  actor?: string;
  action?: string;
  subject?: string;
  outcome?: AuditOutcome;
  body?: Record<string, unknown>;
}
let written = 0;
const append = ({
  actor = 'user:ada@example.com',
  action = 'operation.request',
  subject = 'cluster:payments',
  outcome = 'done',
  body = {},
}: Written = {}) =>
  inTransaction(store.pool, (client) =>
    appendAudit(client, { at: new Date(START_MS + 1000 * written++), actor, action, subject, outcome, body }),
  );

async function tamper(sql: string): Promise<void> {
  await store.pool.query('ALTER TABLE audit_event DISABLE TRIGGER ALL');
  await store.pool.query(sql);
  await store.pool.query('ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_append_only');
}

describe('the list', () => {
  test('who, what, why and outcome, newest first, filtered by parts of the text', async () => {
    await append({ body: { reason: 'planned patching', n: 1 } });
    await append({ actor: 'token:ci', outcome: 'refused', body: { reasons: ['A check fails.', 'Mend it.'] } });
    await append({ action: 'session.sign-in', subject: 'user:bob%_' });
    const list = async (filter: Partial<typeof NO_AUDIT_FILTER>) =>
      (await readAudit(auditor, { ...NO_AUDIT_FILTER, ...filter }, null, START_MS, store.pool)).entries.map(({ sequence }) => sequence);
    expect(await list({})).toEqual(['3', '2', '1']);
    expect(await list({ actor: 'TOKEN' })).toEqual(['2']);
    expect(await list({ action: 'operation.', outcome: 'done' })).toEqual(['1']);
    // Filters are text, not patterns.
    expect(await list({ subject: '%' })).toEqual(['3']);
    expect(await list({ subject: 'x' })).toEqual([]);
    const { entries } = await readAudit(auditor, NO_AUDIT_FILTER, null, START_MS, store.pool);
    expect(entries.map(({ why }) => why)).toEqual([null, 'A check fails. Mend it.', 'planned patching']);
    expect(entries[2]).toMatchObject({ body: { reason: 'planned patching', n: 1 }, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const from = entries[1]!.at;
    expect(await list({ from })).toEqual(['3', '2']);
    expect(await list({ to: from })).toEqual(['1']);
  });

  test('pages follow one another without gap or repetition', async () => {
    await inTransaction(store.pool, async (client) => {
      for (let index = 0; index < 230; index++) {
        await appendAudit(client, { at: new Date(START_MS), actor: 'a', action: 'b', subject: 'c', outcome: 'done', body: {} });
      }
    });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await readAudit(auditor, NO_AUDIT_FILTER, cursor, START_MS, store.pool);
      seen.push(...page.entries.map(({ sequence }) => sequence));
      cursor = page.cursor;
    } while (cursor !== null);
    expect(seen).toEqual(Array.from({ length: 230 }, (_, index) => String(230 - index)));
    expect((await readAudit(auditor, NO_AUDIT_FILTER, 'no cursor', START_MS, store.pool)).entries[0]?.sequence).toBe('230');
  });

  test('only those who may read it', async () => {
    for (const role of ['viewer', 'operator', 'approver'] as const) {
      await expect(readAudit(aPerson(role), NO_AUDIT_FILTER, null, START_MS, store.pool)).rejects.toThrow('may not');
      await expect(readChainStatus(aPerson(role), START_MS, store.pool)).rejects.toThrow('may not');
    }
  });

  test.each([
    ['outcome=maybe', 'no outcome “maybe”'],
    ['from=yesterday', 'from is an instant'],
    ['to=%2B275760-09-13', 'to is an instant'],
    [`actor=${'x'.repeat(201)}`, 'more than 200'],
    ['subject=%00', 'holds a character'],
  ])('a filter that cannot be understood is refused: %s', (query, sentence) => {
    expect(parseAuditFilter(new URLSearchParams(query))).toMatchObject({ ok: false, reasons: [expect.stringContaining(sentence)] });
  });

  test('an empty filter is none', () => {
    expect(parseAuditFilter(new URLSearchParams('actor=&from=&outcome='))).toEqual({ ok: true, value: NO_AUDIT_FILTER });
    expect(parseAuditFilter(new URLSearchParams('from=2026-11-21T03:00:00%2B01:00'))).toMatchObject({
      value: { from: '2026-11-21T02:00:00.000Z' },
    });
  });
});

describe('the chain', () => {
  test('is verified, then only what was added; a later look sees it', async () => {
    const watch = new ChainWatch();
    expect(await watch.status(store.pool, START_MS)).toMatchObject({ state: 'intact', verifiedSequence: '0', newestSequence: '0' });
    await append();
    await append();
    expect(await watch.status(store.pool, START_MS + 1)).toMatchObject({ verifiedSequence: '0', newestSequence: '2' });
    const later = await watch.status(store.pool, START_MS + 6_000);
    expect(later).toMatchObject({ state: 'intact', verifiedSequence: '2', verifiedAt: new Date(START_MS + 6_000).toISOString() });
  });

  test('an event that was changed is named, also when it had been verified', async () => {
    const watch = new ChainWatch();
    for (let index = 0; index < 4; index++) await append();
    expect(await watch.status(store.pool, START_MS)).toMatchObject({ state: 'intact', verifiedSequence: '4' });
    await tamper(`UPDATE audit_event SET actor = 'user:eve' WHERE sequence = 2`);
    // Only what was added is read at first; the whole of it every ten minutes, and by every new process.
    expect(await watch.status(store.pool, START_MS + 6_000)).toMatchObject({ state: 'intact' });
    const found = { state: 'broken', broken: { sequence: '2', reason: expect.stringContaining('changed') } };
    expect(await watch.status(store.pool, START_MS + 11 * 60_000)).toMatchObject(found);
    expect(await new ChainWatch().status(store.pool, START_MS)).toMatchObject(found);
    expect(await watch.status(store.pool, START_MS + 12 * 60_000)).toMatchObject(found);
  });

  test('a chain that was cut off since is broken at once, and stays so when it is written on', async () => {
    const watch = new ChainWatch();
    for (let index = 0; index < 3; index++) await append();
    await watch.status(store.pool, START_MS);
    await tamper('DELETE FROM audit_event WHERE sequence = 3');
    expect(await watch.status(store.pool, START_MS + 1)).toMatchObject({ state: 'broken', broken: { sequence: '3' } });
    await append({ subject: 'another one' });
    for (const laterMs of [6_000, 12_000]) {
      expect(await watch.status(store.pool, START_MS + laterMs)).toMatchObject({
        ...{ state: 'broken', broken: { sequence: '3', reason: expect.stringContaining('rewritten') } },
      });
    }
  });
});
