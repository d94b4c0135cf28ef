import { DEFAULT_POLICY } from '../../domain/policy/cluster-policy.ts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aClusterView, anObservation } from '../../../test/builders/index.ts';
import { registerFleet, startStore } from '../../../test/store.ts';
import { createPrisma, inPrismaTransaction, queryableOf } from '../ground/prisma.ts';
import { readPlanningInput } from './planning-input.ts';

let store: Awaited<ReturnType<typeof startStore>>;
const NOW_MS = Date.parse('2026-11-21T04:00:00.250Z');
const at = (offsetMs: number) => new Date(NOW_MS + offsetMs);

beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store?.stop());

async function addOperation(clusterId: number, values: { state: string; endedAt?: Date; measured?: unknown }): Promise<string> {
  const id = randomUUID();
  await store.pool.query(
    `INSERT INTO operation (id, cluster_id, kind, plan_hash, plan, state, approvals_required, requested_by, reason)
     VALUES ($1, $2, 'switchover', 'h', '{}', 'queued', 0, 'user:ada@example.com', 'a good reason')`,
    [id, clusterId],
  );
  await store.pool.query('UPDATE operation SET state = $2, ended_at = $3, measured = $4 WHERE id = $1', [
    ...[id, values.state, values.endedAt ?? null],
    values.measured === undefined ? null : JSON.stringify(values.measured),
  ]);
  return id;
}

test('a cluster that nobody knows, that is retired or that was never computed gives nothing', async () => {
  const { clusterId } = await registerFleet(store.pool, 'silent', ['a']);
  expect(await readPlanningInput(store.pool, 'nowhere', NOW_MS)).toBeNull();
  expect(await readPlanningInput(store.pool, 'silent', NOW_MS)).toBeNull();
  await store.pool.query(`INSERT INTO cluster_latest (cluster_id, computed_at, view) VALUES ($1, now(), $2)`, [
    ...[clusterId, JSON.stringify(aClusterView({ slug: 'silent' }))],
  ]);
  expect(await readPlanningInput(store.pool, 'silent', NOW_MS)).not.toBeNull();
  await store.pool.query('UPDATE cluster SET retired_at = now() WHERE id = $1', [clusterId]);
  expect(await readPlanningInput(store.pool, 'silent', NOW_MS)).toBeNull();
});

test('the whole picture, the same through both ways to the database', async () => {
  const { clusterId, nodeIds } = await registerFleet(store.pool, 'payments', ['one', 'three', 'two']);
  const view = aClusterView({ slug: 'payments' });
  await store.pool.query(`INSERT INTO cluster_latest (cluster_id, computed_at, view) VALUES ($1, now(), $2)`, [
    ...[clusterId, JSON.stringify(view)],
  ]);
  await store.pool.query(
    `INSERT INTO leadership (cluster_id, version, term, holder, timeline, since, source) VALUES ($1, 3, 7, NULL, NULL, $2, 'operation')`,
    [clusterId, at(-1000)],
  );
  const observation = anObservation();
  await store.pool.query(
    `INSERT INTO node_latest (node_id, observed_at, received_at, sequence, agent_version, observation) VALUES ($1, $2, $2, 1, '1', $3)`,
    [nodeIds[0], at(-300), JSON.stringify(observation)],
  );
  const insertMaintenance = (node: string | null, startsMs: number, endsMs: number, owner: string) =>
    store.pool.query(
      `INSERT INTO maintenance (cluster_id, node_name, owner, reason, starts_at, ends_at) VALUES ($1, $2, $3, 'new disks', $4, $5)`,
      [clusterId, node, owner, at(startsMs), at(endsMs)],
    );
  await insertMaintenance(null, -1000, 60_000, 'everyone');
  await insertMaintenance('two', -1000, 90_000, 'ada');
  await insertMaintenance('one', 1000, 2000, 'later');
  await insertMaintenance('one', -2000, -1, 'over');
  await addOperation(clusterId, { state: 'done', endedAt: at(-5000), measured: { writeOutageMs: 140 } });
  await addOperation(clusterId, { state: 'done', endedAt: at(-3000), measured: { writeOutageMs: 120.5 } });
  await addOperation(clusterId, { state: 'done', endedAt: at(-2000), measured: { writeOutageMs: null } });
  await addOperation(clusterId, { state: 'failed', endedAt: at(-1000), measured: { writeOutageMs: 9999 } });
  const running = await addOperation(clusterId, { state: 'held' });
  await store.pool.query(
    `INSERT INTO controller_instance (id, host, version, started_at, heartbeat_at, leader, report)
     VALUES (gen_random_uuid(), 'h', '1', $1, $1, true, '{"fenceCommandConfigured": true}')`,
    [at(-2000)],
  );

  const input = await readPlanningInput(store.pool, 'payments', NOW_MS);
  const maintenance = (owner: string, endsMs: number) => ({ owner, reason: 'new disks', endsAt: at(endsMs).toISOString() });
  expect(input).toMatchObject({
    cluster: 'payments',
    policy: DEFAULT_POLICY,
    fenceCommandConfigured: true,
    view,
    leadership: { term: 7, holder: null, timeline: null, source: 'operation', operation: null, since: at(-1000).toISOString() },
    earlier: [
      { kind: 'switchover', writeOutageMs: 120.5, endedAt: at(-3000).toISOString() },
      { kind: 'switchover', writeOutageMs: 140, endedAt: at(-5000).toISOString() },
    ],
    underWay: [{ id: running, kind: 'switchover', state: 'held', lane: 'leadership', has: null, reliesOn: [], waitsFor: [] }],
    nowMs: NOW_MS,
  });
  expect(input?.nodes).toMatchObject([
    { name: 'one', observation, observedAtMs: NOW_MS - 300, facts: null, enrolled: false, maintenance: maintenance('everyone', 60_000) },
    { name: 'three', observation: null, observedAtMs: null, maintenance: maintenance('everyone', 60_000) },
    { name: 'two', identityLockReason: null, maintenance: maintenance('ada', 90_000) },
  ]);
  const prisma = createPrisma(store.url, 1);
  try {
    expect(await inPrismaTransaction(prisma, (tx) => readPlanningInput(queryableOf(tx), 'payments', NOW_MS))).toEqual(input);
  } finally {
    await prisma.$disconnect();
  }
});

test('a leader that fell silent does not vouch for its fence command', async () => {
  await store.pool.query('UPDATE controller_instance SET heartbeat_at = $1', [at(-61_000)]);
  expect(await readPlanningInput(store.pool, 'payments', NOW_MS)).toMatchObject({ fenceCommandConfigured: false });
});
