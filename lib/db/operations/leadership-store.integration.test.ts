import { afterAll, beforeAll, expect, test } from 'vitest';
import type pg from 'pg';
import { testLeadershipConformance } from '../../../test/leadership-conformance.ts';
import { registerFleet, startStore } from '../../../test/store.ts';
import { createPool } from '../ground/pool.ts';
import { databaseLeadershipStore } from './leadership-store.ts';

let store: Awaited<ReturnType<typeof startStore>>;
let unreachable: pg.Pool;
let clusters = 0;

beforeAll(async () => {
  store = await startStore();
  unreachable = createPool('postgresql://nobody@127.0.0.1:1/nothing', { max: 1, applicationName: 'test' });
});
afterAll(async () => {
  await unreachable?.end();
  await store?.stop();
});

const newCluster = async (): Promise<string> => {
  clusters += 1;
  await registerFleet(store.pool, `led-${clusters}`, ['a', 'b']);
  return `led-${clusters}`;
};

testLeadershipConformance('the control database', () => ({
  open: () => databaseLeadershipStore(store.pool),
  newCluster,
  openUnreachable: () => databaseLeadershipStore(unreachable),
}));

test('every change leaves a row, and a hand with psql cannot take a term back', async () => {
  const cluster = await newCluster();
  const leadership = databaseLeadershipStore(store.pool);
  const base = { timeline: 1, source: 'operation' as const, operation: null, since: '2026-11-21T03:00:00.000Z' };
  const first = await leadership.swap(cluster, null, { ...base, term: 1, holder: 'a' });
  await leadership.swap(cluster, first.current?.version ?? null, { ...base, term: 2, holder: 'b' });
  const { rows } = await store.pool.query(
    `SELECT h.version, h.term, h.holder FROM leadership_change h JOIN cluster c ON c.id = h.cluster_id WHERE c.slug = $1 ORDER BY h.id`,
    [cluster],
  );
  expect(rows).toEqual([
    { version: 1, term: 1, holder: 'a' },
    { version: 2, term: 2, holder: 'b' },
  ]);
  const byHand = (text: string) => store.pool.query(`${text} FROM cluster c WHERE c.id = l.cluster_id AND c.slug = $1`, [cluster]);
  await expect(byHand('UPDATE leadership l SET term = 1')).rejects.toThrow('belongs to b');
  await expect(byHand(`UPDATE leadership l SET holder = 'a'`)).rejects.toThrow('belongs to b');
  await expect(store.pool.query('DELETE FROM leadership_change')).rejects.toThrow('append-only');
});

test('a server that does not answer in time leaves it unknown', async () => {
  const cluster = await newCluster();
  const hurried = createPool(store.url, { max: 1, applicationName: 'hurried', queryTimeoutMs: 150 });
  const client = await store.pool.connect();
  try {
    const leadership = databaseLeadershipStore(hurried);
    const base = { timeline: 1, source: 'operation' as const, operation: null, since: '2026-11-21T03:00:00.000Z' };
    const first = await leadership.swap(cluster, null, { ...base, term: 1, holder: 'a' });
    await client.query('BEGIN');
    await client.query('SELECT FROM leadership FOR UPDATE');
    const swap = leadership.swap(cluster, first.current?.version ?? null, { ...base, term: 2, holder: 'b' });
    await expect(swap).rejects.toThrow('unknown');
  } finally {
    await client.query('ROLLBACK');
    client.release();
    await hurried.end();
  }
});
