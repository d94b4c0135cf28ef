/** Tests what is written at the start, at a decision or wish in that very moment, and at the end. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { insertCommands, waitingCommands } from '../../lib/db/operations/agent-commands.ts';
import { loadDriven, loadEvents, readWishes } from '../../lib/db/operations/operations.ts';
import type { RecordedEvent } from '../../lib/domain/operation/model.ts';
import { addPerson, handMadePlan, requestPlan, stateOf } from '../../test/execution-fixture.ts';
import { storeCluster } from '../../test/web/stored-cluster.ts';
import { startWebDatabase } from '../../test/web/web-database.ts';
import type { WebTestDatabase } from '../../test/web/web-database.ts';
import { RejectedMeanwhile, recordEnd, recordStart } from './finish.ts';

const plan = handMadePlan('payments', 1, [{ id: 'one', stage: 1, action: { by: 'controller', action: { do: 'open-term' } } }]);
const event = (sequence: number, body: RecordedEvent['event']): RecordedEvent => ({ sequence, at: new Date().toISOString(), event: body });
const started = event(1, { kind: 'started', controller: 'here' });

/** It needs no node, and ends nothing. */
const alone = { claim: { lane: 'node' as const, has: [], reliesOn: [] }, takes: [], makeCancel: () => null };

let db: WebTestDatabase;
beforeAll(async () => {
  db = await startWebDatabase();
  await storeCluster(db.owner);
});
afterAll(() => db?.stop());
beforeEach(() => db.owner.query(`UPDATE operation SET state = 'cancelled', ended_at = now() WHERE ended_at IS NULL`));

async function aRequest() {
  const id = await requestPlan(db.owner, plan);
  const operation = await loadDriven(db.owner, id);
  if (operation === null) throw new Error('it was not stored');
  return operation;
}

test('a cancel that comes while it is judged is still there after the start, and void after the end', async () => {
  const operation = await aRequest();
  await db.owner.query(`UPDATE operation SET cancel_requested_at = now(), cancel_requested_by = 'user:ada' WHERE id = $1`, [operation.id]);
  await recordStart(db.owner, operation, plan, started, alone);
  expect(await readWishes(db.owner, operation.id)).toMatchObject({ state: 'running', cancel: { by: 'user:ada' } });
  const ended = event(2, { kind: 'ended', state: 'cancelled', reason: 'Cancelled by user:ada.' });
  await recordEnd(db.owner, operation, ended, { state: 'cancelled', reason: 'Cancelled by user:ada.', measured: null, followUps: [] });
  expect(await readWishes(db.owner, operation.id)).toMatchObject({ state: 'cancelled', cancel: null });
});

test('a rejection that comes while it is judged keeps it from starting, with nothing written', async () => {
  await db.owner.query('UPDATE cluster SET approvals_required = 1');
  const operation = await aRequest();
  for (const [email, decision] of [
    ['ben@example.com', 'approved'],
    ['eva@example.com', 'rejected'],
  ] as const) {
    await db.owner.query(
      `INSERT INTO operation_approval (operation_id, plan_hash, user_id, by, decision, reason) VALUES ($1, $2, $3, $4, $5, 'as agreed')`,
      [operation.id, operation.planHash, await addPerson(db.owner, email, 'approver'), `user:${email}`, decision],
    );
  }
  await expect(recordStart(db.owner, operation, plan, started, alone)).rejects.toThrow(RejectedMeanwhile);
  expect(await stateOf(db.owner, operation.id)).toMatchObject({ state: 'awaiting-approval' });
  expect(await loadEvents(db.owner, operation.id)).toEqual([]);
});

test('a command that is still open when somebody gives up is never handed out any more', async () => {
  await db.owner.query('UPDATE cluster SET approvals_required = 0');
  const operation = await aRequest();
  await recordStart(db.owner, operation, plan, started, alone);
  const { rows } = await db.owner.query<{ id: number }>(`SELECT id FROM node WHERE name = 'aws-use1-b'`);
  const nodeId = rows[0]!.id;
  const order = { operation: operation.id, step: 'one', attempt: 1, verb: 'reload', term: 1, order: null, payload: '{}', signature: '' };
  const times = { issuedAt: new Date().toISOString(), expiresAt: new Date(Date.now() + 600_000).toISOString() };
  await insertCommands(db.owner, [{ id: randomUUID(), nodeId, ...order, ...times }]);
  expect(await waitingCommands(db.owner, nodeId, [], 16)).toHaveLength(1);
  const end = { state: 'failed' as const, reason: 'Given up by user:ada.' };
  await recordEnd(db.owner, operation, event(2, { kind: 'ended', ...end }), { ...end, measured: null, followUps: [] });
  expect(await waitingCommands(db.owner, nodeId, [], 16)).toEqual([]);
});
