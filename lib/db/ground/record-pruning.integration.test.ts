import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerFleet, startStore } from '../../../test/store.ts';
import { insertCommands } from '../operations/agent-commands.ts';
import { insertOperation, keepPlan } from '../operations/operation-requests.ts';
import { COMMANDS_KEPT_MS, PLANS_KEPT_MS, pruneRecords } from './record-pruning.ts';

const NOW_MS = Date.parse('2026-11-20T12:00:00.000Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
let store: Awaited<ReturnType<typeof startStore>>;
let clusterId: number;
let nodeId: number;

beforeAll(async () => {
  store = await startStore();
  const fleet = await registerFleet(store.pool, 'payments', ['one']);
  clusterId = fleet.clusterId;
  nodeId = fleet.nodeIds[0] ?? 0;
});
afterAll(() => store?.stop());

const at = (ageMs: number): Date => new Date(NOW_MS - ageMs);
const count = async (table: string): Promise<number> =>
  Number((await store.pool.query<{ count: string }>(`SELECT count(*) FROM ${table}`)).rows[0]?.count);

const plan = (hash: string, ageMs: number) =>
  keepPlan(store.pool, {
    id: randomUUID(),
    cluster: 'payments',
    hash,
    kind: 'reload',
    body: '{}',
    createdAt: at(ageMs),
    createdBy: 'user:ada',
  });

/** An operation with one command, requested and, unless it continues, ended at that age. */
async function operation(planHash: string, ageMs: number, ended: boolean): Promise<string> {
  const id = randomUUID();
  await insertOperation(store.pool, {
    ...{ id, clusterId, kind: 'reload', planHash, plan: '{}', requestedBy: 'system:test', requestedByUserId: null, requestedAt: at(ageMs) },
    ...{ reason: 'test', ticket: null, acknowledgedRisks: [], risks: [], idempotencyKey: null },
  });
  await command(id, ageMs);
  if (ended) await store.pool.query(`UPDATE operation SET state = 'refused', ended_at = $2 WHERE id = $1`, [id, at(ageMs)]);
  return id;
}

const command = async (operationId: string | null, ageMs: number) => {
  const id = randomUUID();
  await insertCommands(store.pool, [
    {
      ...{ id, operation: operationId, step: 'reload-one', attempt: 1, nodeId, verb: 'reload', term: 1 },
      ...{ order: null, payload: '{}', signature: 's', issuedAt: at(ageMs).toISOString(), expiresAt: at(ageMs).toISOString() },
    },
  ]);
  // Stored commands live by the clock of the database.
  await store.pool.query('UPDATE agent_command SET issued_at = $2 WHERE id = $1', [id, at(ageMs)]);
};

test('what was planned cannot be changed, although the time when it was shown can', async () => {
  await expect(store.pool.query(`UPDATE plan SET body = '{"other": true}'`)).rejects.toThrow(/append-only|changed|immutable/i);
});

test('old plans that nobody requested and old commands of what has ended are deleted, and nothing else', async () => {
  await plan('requested', PLANS_KEPT_MS + DAY_MS);
  await plan('looked-at', PLANS_KEPT_MS + DAY_MS);
  await plan('recent', PLANS_KEPT_MS - HOUR_MS);
  await plan('shown-again', PLANS_KEPT_MS + DAY_MS);
  await plan('shown-again', 2 * HOUR_MS);
  await operation('requested', COMMANDS_KEPT_MS + DAY_MS, true);
  await operation('requested', COMMANDS_KEPT_MS - DAY_MS, true);
  await operation('requested', COMMANDS_KEPT_MS + DAY_MS, false);
  await command(null, COMMANDS_KEPT_MS + DAY_MS);
  await command(null, COMMANDS_KEPT_MS - DAY_MS);

  expect(await pruneRecords(store.pool, NOW_MS)).toEqual({ plans: 1, commands: 2 });
  const plans = await store.pool.query<{ hash: string }>('SELECT hash FROM plan ORDER BY hash');
  expect(plans.rows.map(({ hash }) => hash)).toEqual(['recent', 'requested', 'shown-again']);
  expect(await count('agent_command')).toBe(3);
  expect(await count('operation')).toBe(3);
  expect(await pruneRecords(store.pool, NOW_MS)).toEqual({ plans: 0, commands: 0 });
});
