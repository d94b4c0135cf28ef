import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aClusterView, aPerson, aToken } from '../../test/builders/index.ts';
import { waitFor } from '../../test/live-postgres.ts';
import { startWebDatabase } from '../../test/web/web-database.ts';
import type { WebTestDatabase } from '../../test/web/web-database.ts';
import { notifyLive } from '../db/ground/channels.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import { readCluster } from './cluster.ts';
import { readClusters } from './clusters.ts';
import { STREAMS_PER_PERSON_MAX, liveHub } from './live-hub.ts';
import { openLiveStream } from './live-stream.ts';

const person = (userId: number) => aPerson('viewer', { userId });
const nobody = aToken([]);

let db: WebTestDatabase;
beforeAll(async () => {
  db = await startWebDatabase();
  Object.assign(process.env, {
    FARSHORE_WEB_DATABASE_URL: db.url,
    NEXTAUTH_URL: 'http://127.0.0.1:3000',
    NEXTAUTH_SECRET: 'x'.repeat(40),
  });
  for (const slug of ['payments', 'ledger', 'bare']) {
    await db.owner.query("INSERT INTO cluster (slug, name, jurisdictions) VALUES ($1, $1, '{}')", [slug]);
  }
  await store('payments', 1);
  await store('ledger', 1);
});
afterAll(async () => {
  await liveHub().close();
  await webDatabase().end();
  await db?.stop();
});

/** Stands for the controller after each evaluation. */
async function store(slug: string, term: number): Promise<void> {
  const view = aClusterView({ slug, name: slug, term, computedAt: new Date().toISOString() });
  await db.owner.query(
    `INSERT INTO cluster_latest (cluster_id, computed_at, view) SELECT id, now(), $2 FROM cluster WHERE slug = $1
     ON CONFLICT (cluster_id) DO UPDATE SET computed_at = now(), view = $2`,
    [slug, JSON.stringify(view)],
  );
  await notifyLive(db.owner, [slug]);
}

function follow(options: { slug?: string | null; actor?: Actor; actorNow?: () => Promise<Actor | null> } = {}) {
  const actor = options.actor ?? person(1);
  const abort = new AbortController();
  const stream = openLiveStream({
    actor,
    slug: options.slug ?? null,
    actorNow: options.actorNow ?? (() => Promise.resolve(actor)),
    present: (views) => views.map(({ slug, term }) => ({ slug, term })),
    signal: abort.signal,
  });
  const state = { text: '', ended: false, atMs: 0 };
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const chunk of stream!) {
      state.text += decoder.decode(chunk);
      state.atMs = performance.now();
    }
    state.ended = true;
  };
  if (stream !== null) void read().catch(() => (state.ended = true));
  return { stream, state, abort };
}

describe('live stream', () => {
  test('begins with the present state, then sends what changed within a moment of its notice', async () => {
    const all = follow();
    const one = follow({ slug: 'payments', actor: person(2) });
    await waitFor('the first state', () => all.state.text.includes('"ledger","term":1') && one.state.text.includes('"payments","term":1'));
    await waitFor('the listener', async () => {
      const { rowCount } = await db.owner.query(
        "SELECT FROM pg_stat_activity WHERE application_name = 'farshore web clusters' AND query LIKE 'LISTEN%'",
      );
      return rowCount === 1;
    });
    const startedMs = performance.now();
    await store('payments', 2);
    await waitFor('the change', () => all.state.text.includes('"payments","term":2') && one.state.text.includes('"payments","term":2'));
    expect(Math.max(all.state.atMs, one.state.atMs) - startedMs).toBeLessThan(1_000);
    expect(one.state.text).not.toContain('ledger');
    all.abort.abort();
    one.abort.abort();
    await waitFor('both to be let go', () => liveHub().watcherCount === 0);
  });

  test('ends within five seconds of the session', async () => {
    let allowed = true;
    const followed = follow({ actorNow: () => Promise.resolve(allowed ? person(1) : null) });
    await waitFor('the first state', () => followed.state.text.includes('event: clusters'));
    allowed = false;
    await waitFor('the end', () => followed.state.ended, 5_000);
    expect(followed.state.text).toContain('event: signed-out');
    expect(liveHub().watcherCount).toBe(0);
  });

  test('one person holds a bounded number; others are not affected', async () => {
    const held = Array.from({ length: STREAMS_PER_PERSON_MAX }, () => follow({ actor: person(7) }));
    expect(held.every(({ stream }) => stream !== null)).toBe(true);
    expect(follow({ actor: person(7) }).stream).toBeNull();
    const other = follow({ actor: person(8) });
    expect(other.stream).not.toBeNull();
    for (const { abort } of [...held, other]) abort.abort();
    await waitFor('all to be let go', () => liveHub().watcherCount === 0);
  });

  test('survives a restart of its connection and then shows the present', async () => {
    const followed = follow();
    await waitFor('the first state', () => followed.state.text.includes('event: clusters'));
    await db.owner.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'farshore web%'");
    await store('ledger', 5);
    await waitFor('the change', () => followed.state.text.includes('"ledger","term":5'), 15_000);
    followed.abort.abort();
  });
});

describe('read models', () => {
  test('refuse an actor without the permission', async () => {
    await expect(readClusters(nobody, db.web)).rejects.toThrow(/may not/);
    await expect(readCluster(nobody, 'payments', db.web)).rejects.toThrow(/may not/);
  });

  test('list every cluster, also those that were never evaluated', async () => {
    const clusters = await readClusters(person(1), db.web);
    expect(clusters.map(({ slug, view }) => [slug, view !== null])).toEqual([
      ['bare', false],
      ['ledger', true],
      ['payments', true],
    ]);
  });

  test.each(['nope', '', '\0', 'x'.repeat(5_000), "'; DROP TABLE cluster; --"])('%j names no cluster', async (slug) => {
    expect(await readCluster(person(1), slug, db.web)).toBeNull();
  });
});
