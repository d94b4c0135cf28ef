import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ORDER_AHEAD_MAX, ORDER_BLOCK } from '../../lib/db/operations/command-order.ts';
import { storeCluster } from '../../test/web/stored-cluster.ts';
import { startWebDatabase, type WebTestDatabase } from '../../test/web/web-database.ts';
import { CommandStamps } from './command-stamps.ts';

let db: WebTestDatabase;
let nodeId: number;
const log = pino({ level: 'silent' });
beforeAll(async () => {
  db = await startWebDatabase();
  await storeCluster(db.owner);
  const { rows } = await db.owner.query<{ id: number }>(`SELECT id FROM node WHERE name = 'aws-use1-b'`);
  nodeId = rows[0]!.id;
});
afterAll(() => db?.stop());

const aLeader = (reported: () => number | null = () => 0) => new CommandStamps(reported, log);
const orders = async (stamps: CommandStamps, count: number): Promise<number[]> => {
  const given: number[] = [];
  for (let index = 0; index < count; index += 1) {
    await stamps.ensure(db.owner, [nodeId]);
    given.push(stamps.next(nodeId).order ?? Number.NaN);
  }
  return given;
};

test('numbers only grow, over blocks and over leaders, and none is given twice', async () => {
  const [first, second] = [aLeader(), aLeader()];
  const given = [...(await orders(first, ORDER_BLOCK + 10)), ...(await orders(second, 10))];
  expect(given).toEqual([...new Set(given)].toSorted((a, b) => a - b));
  // An earlier leader that is late gives lower ones, which agents refuse that have heard of the later leader.
  expect((await orders(first, 1))[0]).toBeLessThan(given.at(-1)!);
  // One that leads again after another must not use its old block.
  second.clear();
  expect((await orders(second, 1))[0]).toBeGreaterThan(given.at(-1)!);
});

test('a database from a backup: numbers continue above what the agent has taken up', async () => {
  let reported = 0;
  const stamps = aLeader(() => reported);
  const last = (await orders(stamps, 5)).at(-1)!;
  reported = last;
  await db.owner.query('UPDATE command_order SET reserved = 0');
  expect(
    (
      await orders(
        aLeader(() => reported),
        1,
      )
    )[0],
  ).toBeGreaterThan(last);
  // It learns of it only later, as its agent reports again.
  await db.owner.query('UPDATE command_order SET reserved = 0');
  reported = 0;
  const early = aLeader(() => reported);
  expect((await orders(early, 1))[0]).toBe(1);
  reported = last + 500;
  expect((await orders(early, 1))[0]).toBe(last + 501);
});

test('a claim beyond every backup is not believed, and costs no block at each look', async () => {
  const before = (await orders(aLeader(), 1))[0]!;
  const lied = aLeader(() => Number.MAX_SAFE_INTEGER - 1);
  const given = await orders(lied, 10);
  expect(given[0]).toBeLessThan(before + ORDER_AHEAD_MAX);
  expect(given.at(-1)).toBe(given[0]! + 9);
});

test('an agent of the release before gets none, and times that only grow', async () => {
  const stamps = aLeader(() => null);
  await stamps.ensure(db.owner, [nodeId]);
  const given = Array.from({ length: 50 }, () => stamps.next(nodeId));
  expect(given.every(({ order }) => order === null)).toBe(true);
  expect(given.every(({ issuedAtMs }, index) => index === 0 || issuedAtMs > given[index - 1]!.issuedAtMs)).toBe(true);
});

test('times of issue continue from those of a controller whose clock was ahead', async () => {
  const aheadMs = Date.now() + 3_000;
  const stamps = aLeader(() => null);
  const rows = [{ nodeId, issuedAt: new Date(aheadMs) }];
  await stamps.load({ query: () => Promise.resolve({ rows }) } as never);
  expect(stamps.next(nodeId).issuedAtMs).toBe(aheadMs + 1);
});

test('without a number that was reserved nothing is ordered', () => {
  expect(() => aLeader().next(nodeId)).toThrow('No number is reserved');
});
