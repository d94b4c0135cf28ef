/** The server's copy of agents' journals over several months: append-only in every partition, read across them, pruned with a mark. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { registerFleet, startStore } from '../../../test/store.ts';
import { makePartitionsAhead, partitionFor } from '../ground/partitions.ts';
import { inTransaction } from '../ground/pool.ts';
import { JOURNALS_KEPT_MS, dropExpired } from '../ground/retention.ts';
import { journalHashes, journalHead, storeJournal } from './agent-journal.ts';

const DAY_MS = 24 * 3_600_000;
let store: Awaited<ReturnType<typeof startStore>>;
let nodeId: number;
let clusters = 0;

beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store?.stop());
beforeEach(async () => {
  nodeId = (await registerFleet(store.pool, `cluster-${++clusters}`, ['one'])).nodeIds[0] ?? 0;
});

const entry = (sequence: number) => ({ sequence, text: `{"n":${sequence}}`, prevHash: `h${sequence - 1}`, hash: `h${sequence}` });
const monthsOn = (months: number): Date => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 15));
};
/** As the controller of the release before inserts, in a month to come. */
const received = (sequence: number, at: Date) =>
  store.pool.query('INSERT INTO agent_journal (node_id, sequence, text, prev_hash, hash, received_at) VALUES ($1, $2, $3, $4, $5, $6)', [
    ...[nodeId, sequence, entry(sequence).text, entry(sequence).prevHash, entry(sequence).hash, at],
  ]);
const head = () => inTransaction(store.pool, (client) => journalHead(client, nodeId));
const partitions = async (): Promise<string[]> =>
  (
    await store.pool.query<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'agent_journal'::regclass ORDER BY 1`,
    )
  ).rows.map(({ name }) => name);

test('a year of months stands ready after a migration, and the leader keeps it so', async () => {
  const before = await partitions();
  expect(before).toEqual(Array.from({ length: 13 }, (_, month) => partitionFor('agent_journal', monthsOn(month).getTime()).name));
  const made = await inTransaction(store.pool, (client) => makePartitionsAhead(client, monthsOn(1).getTime()));
  expect(made.filter((name) => name.startsWith('agent_journal'))).toEqual([partitionFor('agent_journal', monthsOn(13).getTime()).name]);
});

test('no partition takes a change, also not by its own name', async () => {
  await storeJournal(store.pool, nodeId, 0n, [entry(1)]);
  await inTransaction(store.pool, (client) => makePartitionsAhead(client, monthsOn(1).getTime()));
  for (const table of ['agent_journal', ...(await partitions())]) {
    for (const change of [`UPDATE ${table} SET text = 'x'`, `DELETE FROM ${table}`, `TRUNCATE ${table}`])
      await expect(store.pool.query(change), change).rejects.toThrow(/is append-only/);
  }
});

test('head and hashes are read over months, and after the old ones are dropped the last entry of each node is still known', async () => {
  await storeJournal(store.pool, nodeId, 0n, [entry(1), entry(2)]);
  await received(3, monthsOn(1));
  expect(await head()).toEqual({ epoch: 0n, sequence: 3, hash: 'h3', prunedThrough: 0 });
  expect([...(await journalHashes(store.pool, nodeId, 0n, 2, 3))]).toEqual([
    [2, 'h2'],
    [3, 'h3'],
  ]);

  const endOfMonthMs = partitionFor('agent_journal', Date.now()).toMs;
  expect((await dropExpired(store.pool, endOfMonthMs + JOURNALS_KEPT_MS - DAY_MS)).dropped).not.toContain(
    partitionFor('agent_journal', Date.now()).name,
  );
  expect((await dropExpired(store.pool, endOfMonthMs + JOURNALS_KEPT_MS)).dropped).toContain(
    partitionFor('agent_journal', Date.now()).name,
  );
  expect(await head()).toEqual({ epoch: 0n, sequence: 3, hash: 'h3', prunedThrough: 2 });
  expect([...(await journalHashes(store.pool, nodeId, 0n, 1, 3))]).toEqual([[3, 'h3']]);

  await dropExpired(store.pool, partitionFor('agent_journal', monthsOn(1).getTime()).toMs + JOURNALS_KEPT_MS);
  expect(await head()).toEqual({ epoch: 0n, sequence: 3, hash: 'h3', prunedThrough: 3 });
});

test('a clock that was ahead and a journal in a new epoch: the mark never goes back', async () => {
  await received(5, monthsOn(2));
  await received(1_000_000_000_001, monthsOn(3));
  await dropExpired(store.pool, partitionFor('agent_journal', monthsOn(3).getTime()).toMs + JOURNALS_KEPT_MS);
  expect(await head()).toEqual({ epoch: 1_000_000_000_000n, sequence: 1, hash: 'h1000000000001', prunedThrough: 1 });
});
