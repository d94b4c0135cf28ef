/** Tries which operations the database lets begin side by side, also when two begin at the same moment. */
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { handMadePlan, requestPlan, stateOf } from '../../../test/execution-fixture.ts';
import { storeCluster } from '../../../test/web/stored-cluster.ts';
import { startWebDatabase } from '../../../test/web/web-database.ts';
import type { WebTestDatabase } from '../../../test/web/web-database.ts';
import type { Claim, UnderWay } from '../../domain/operation/lanes.ts';
import { isInTheWay } from '../../domain/operation/lanes.ts';
import { errorCode } from '../ground/problem.ts';
import { isLeadershipMoving, isNeeded, moveOperation } from './operations.ts';
import { readPlanningInput } from './planning-input.ts';

const EXCLUDED = '23P01';
const plan = handMadePlan('payments', 1, [{ id: 'one', stage: 1, action: { by: 'controller', action: { do: 'open-term' } } }]);

let db: WebTestDatabase;
let clusterId = 0;
beforeAll(async () => {
  db = await startWebDatabase();
  clusterId = await storeCluster(db.owner);
});
afterAll(() => db?.stop());
beforeEach(() => db.owner.query(`UPDATE operation SET state = 'cancelled', ended_at = now() WHERE ended_at IS NULL`));

const LEADERSHIP: Claim = { lane: 'leadership', has: ['a', 'b'], reliesOn: [] };
const node = (has: string[], reliesOn: string[] = []): Claim => ({ lane: 'node', has, reliesOn });
const DRILL: Claim = { lane: 'drill', has: ['a'], reliesOn: [] };

async function begin(claim: Claim | null, pool: pg.Pool = db.owner): Promise<{ id: string; began: boolean }> {
  const id = await requestPlan(pool, plan);
  return { id, began: await begins(id, claim, pool) };
}
async function begins(id: string, claim: Claim | null, pool: pg.Pool = db.owner): Promise<boolean> {
  try {
    await moveOperation(pool, id, { state: 'running', ...(claim === null ? {} : { claim }) });
    return true;
  } catch (error) {
    expect(errorCode(error)).toBe(EXCLUDED);
    return false;
  }
}

const CLAIMS: Claim[] = [
  LEADERSHIP,
  { ...LEADERSHIP, has: ['c', 'd'] },
  { ...LEADERSHIP, has: ['a'], reliesOn: ['c'] },
  node(['c'], ['a']),
  node(['c'], ['d']),
  node(['d'], ['c']),
  node([], ['a']),
  node([]),
  DRILL,
  { ...DRILL, has: ['b'] },
];
test('it judges each pair as the domain does, in either order', async () => {
  for (const [index, one] of CLAIMS.entries()) {
    for (const other of CLAIMS.slice(index)) {
      const [first, second] = index % 2 === 0 ? [one, other] : [other, one];
      await db.owner.query(`UPDATE operation SET state = 'cancelled', ended_at = now() WHERE ended_at IS NULL`);
      expect((await begin(first)).began).toBe(true);
      const { began } = await begin(second);
      expect(began, `${JSON.stringify(first)} beside ${JSON.stringify(second)}`).toBe(!isInTheWay(first, second));
    }
  }
});

test('of two that begin in the same moment, one does: 25 rounds', async () => {
  const pairs: [Claim, Claim][] = [
    [LEADERSHIP, LEADERSHIP],
    [LEADERSHIP, node(['b'], ['c'])],
    [node(['c'], ['a']), node(['a'])],
  ];
  for (let round = 0; round < 25; round += 1) {
    const [one, other] = pairs[round % pairs.length]!;
    await db.owner.query(`UPDATE operation SET state = 'cancelled', ended_at = now() WHERE ended_at IS NULL`);
    const ids = [await requestPlan(db.owner, plan), await requestPlan(db.owner, plan)];
    const began = await Promise.all([begins(ids[0]!, one), begins(ids[1]!, other)]);
    expect(began.toSorted()).toEqual([false, true]);
    const running = await Promise.all(ids.map(async (id) => (await stateOf(db.owner, id)).state));
    expect(running.toSorted()).toEqual(['queued', 'running']);
  }
});

test('two that need different nodes begin in the same moment, both', async () => {
  const ids = [await requestPlan(db.owner, plan), await requestPlan(db.owner, plan)];
  expect(await Promise.all([begins(ids[0]!, LEADERSHIP), begins(ids[1]!, node(['c'], ['d']))])).toEqual([true, true]);
});

test('what waits occupies nothing, whatever it will need', async () => {
  await db.owner.query('UPDATE cluster SET approvals_required = 1');
  const waiting = await requestPlan(db.owner, plan);
  expect(await stateOf(db.owner, waiting)).toMatchObject({ state: 'awaiting-approval' });
  await db.owner.query('UPDATE cluster SET approvals_required = 0');
  await requestPlan(db.owner, plan);
  expect((await begin(LEADERSHIP)).began).toBe(true);
});

test('one that a release before began, which says nothing, has the leadership and every node; it comes free at its end', async () => {
  const { id } = await begin(null);
  for (const claim of [LEADERSHIP, node(['z'])]) expect((await begin(claim)).began).toBe(false);
  expect((await begin(DRILL)).began).toBe(true);
  await moveOperation(db.owner, id, { state: 'done', endedAt: new Date() });
  expect((await begin(LEADERSHIP)).began).toBe(true);
  expect((await begin(null)).began).toBe(false);
});

test('nobody changes what it occupies while it is under way, and no other lane exists', async () => {
  const { id } = await begin(node(['c'], ['d']));
  for (const change of [`lane = 'drill'`, `has_nodes = '{}'`, `relies_on_nodes = '{}'`]) {
    await expect(db.owner.query(`UPDATE operation SET ${change} WHERE id = $1`, [id])).rejects.toThrow(/be changed/);
  }
  await moveOperation(db.owner, id, { state: 'held' });
  const other = await requestPlan(db.owner, plan);
  await expect(db.owner.query(`UPDATE operation SET state = 'running', lane = 'fast' WHERE id = $1`, [other])).rejects.toThrow('no lane');
  // The web may neither begin anything nor say what it would occupy.
  await expect(db.web.query(`UPDATE operation SET lane = 'drill' WHERE id = $1`, [other])).rejects.toThrow('permission denied');
});

test('it is told who moves the leadership, which node is needed, and what is under way', async () => {
  const one = await begin(node(['aws-use1-b'], ['aws-use1-a']));
  expect(await isLeadershipMoving(db.owner, clusterId)).toBe(false);
  expect(await isNeeded(db.owner, clusterId, 'aws-use1-a')).toBe(true);
  expect(await isNeeded(db.owner, clusterId, 'rax-dfw-a')).toBe(false);
  const lead = await begin({ lane: 'leadership', has: ['rax-dfw-a'], reliesOn: [] });
  expect(await isLeadershipMoving(db.owner, clusterId)).toBe(true);
  const waiting = await requestPlan(db.owner, plan);
  const input = await readPlanningInput(db.owner, 'payments', Date.now());
  const about = (all: readonly UnderWay[]) =>
    Object.fromEntries(all.map(({ id, state, lane, has, reliesOn }) => [id, { state, lane, has, reliesOn }]));
  expect(about(input?.underWay ?? [])).toEqual({
    [one.id]: { state: 'running', lane: 'node', has: ['aws-use1-b'], reliesOn: ['aws-use1-a'] },
    [lead.id]: { state: 'running', lane: 'leadership', has: ['rax-dfw-a'], reliesOn: [] },
    [waiting]: { state: 'queued', lane: 'leadership', has: null, reliesOn: [] },
  });
});
