/** Reads operations for screens and programs under the web's narrow database role. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aPerson, aToken } from '../../../test/builders/index.ts';
import { NOW_MS } from '../../../test/builders/index.ts';
import { waitFor } from '../../../test/live-postgres.ts';
import { moveOperation, recordEvent, storeCluster } from '../../../test/web/stored-cluster.ts';
import { startWebDatabase } from '../../../test/web/web-database.ts';
import type { WebTestDatabase } from '../../../test/web/web-database.ts';
import { sealPlan } from '../../audit/plan-hash.ts';
import { insertOperation } from '../../db/operations/operation-requests.ts';
import { EVENTS_MAX, loadEvents } from '../../db/operations/operations.ts';
import { readPlanningInput } from '../../db/operations/planning-input.ts';
import { webDatabase } from '../../db/ground/web-database.ts';
import type { Plan } from '../../domain/operation/model.ts';
import { planOperation } from '../../domain/operation/plan/plan.ts';
import type { Actor, Role } from '../../domain/policy/permissions.ts';
import { operationAnswer } from './answer.ts';
import { operationHub, OPERATION_STREAMS_PER_PERSON_MAX } from './live.ts';
import { openOperationEvents, readProgress } from './live-stream.ts';
import { readOperations } from './list.ts';
import { readOperation } from './operation.ts';

const person = (role: Role, userId = 1): Actor => aPerson(role, { userId });
const viewer = person('viewer');
const nobody = aToken([]);

let db: WebTestDatabase;
let clusterId = 0;
let plan: Plan;
beforeAll(async () => {
  db = await startWebDatabase();
  Object.assign(process.env, {
    FARSHORE_WEB_DATABASE_URL: db.url,
    NEXTAUTH_URL: 'http://127.0.0.1:3000',
    NEXTAUTH_SECRET: 'x'.repeat(40),
  });
  clusterId = await storeCluster(db.owner);
  const input = await readPlanningInput(db.web, 'payments', NOW_MS);
  const planned = planOperation({ kind: 'switchover', target: 'aws-use1-b' }, input!);
  if ('impossible' in planned) throw new Error(planned.impossible.join(' '));
  plan = planned.plan;
});
afterAll(async () => {
  await operationHub().close();
  await webDatabase().end();
  await db?.stop();
});

/** Requested by a person, as the command does; ends what ran before. */
async function request(requestedAtMs = NOW_MS): Promise<string> {
  await db.owner.query(`UPDATE operation SET state = 'cancelled', ended_at = now() WHERE ended_at IS NULL`);
  const { hash, body } = sealPlan(plan);
  const id = randomUUID();
  await insertOperation(db.web, {
    ...{ id, clusterId, kind: 'switchover', planHash: hash, plan: body, requestedBy: 'user:operator@farshore.test', requestedByUserId: 7 },
    ...{
      requestedAt: new Date(requestedAtMs),
      reason: 'patching the host',
      ticket: 'CHG-1',
      acknowledgedRisks: ['it takes a moment'],
      risks: [],
    },
    idempotencyKey: null,
  });
  return id;
}

describe('a run', () => {
  test('as requested, running with evidence, and ended', async () => {
    const id = await request();
    const first = plan.steps[0]!;
    expect(await readOperation(viewer, id)).toMatchObject({
      ...{ id, state: 'queued', kind: 'switchover', cluster: { slug: 'payments' }, reason: 'patching the host', ticket: 'CHG-1' },
      ...{ acknowledgedRisks: ['it takes a moment'], approvals: { required: 0, given: [] }, startedAt: null, journalProblem: null },
      actions: { cancel: [expect.stringContaining('may not')], approve: [expect.stringContaining('may not')] },
    });
    await recordEvent(db.owner, id, { kind: 'started', controller: 'c1' }, 'running');
    await recordEvent(db.owner, id, { kind: 'step-started', step: first.id, attempt: 1, undo: false });
    const { rows } = await db.owner.query<{ id: number }>(`SELECT id FROM node WHERE name = 'aws-use1-b'`);
    const progress = { contractVersion: 1, at: '2026-11-21T04:00:00.000Z', doing: 'Copying.', doneBytes: 1, totalBytes: 2 };
    for (const [step, verb] of [
      [first.id, 'report'],
      [`cancel:${first.id}`, 'cancel'],
    ] as const) {
      await db.owner.query(
        `INSERT INTO agent_command (id, operation_id, step, attempt, node_id, verb, term, payload, signature, issued_at, expires_at, progress)
         VALUES (gen_random_uuid(), $1, $2, 1, $3, $4, 1, 'secret', 'secret', now(), now(), $5)`,
        [id, step, rows[0]!.id, verb, verb === 'report' ? JSON.stringify(progress) : null],
      );
    }
    const operator = (await readOperation(person('operator'), id))!;
    expect(operator).toMatchObject({ state: 'running', actions: { cancel: [], release: [expect.stringContaining('not held')] } });
    expect(operator.cancelSentence).not.toBe('');
    expect(JSON.stringify(operator)).not.toContain('secret');
    const answer = operationAnswer(operator);
    expect(answer.steps[0]).toMatchObject({ name: first.id, title: first.title, state: 'running', progress, evidence: null });
    expect(answer.steps[0]?.waitsFor).toContain(first.waitsFor);
    expect(Date.parse(answer.steps[0]!.deadlineAt!) - Date.parse(answer.steps[0]!.startedAt!)).toBe(first.deadlineMs);
    expect(answer.steps[1]).toMatchObject({ state: 'pending', waitsFor: null, deadlineAt: null, startedAt: null });

    const ledger = { node: 'x', rows: [{ row: 'a row of a customer' }], transactions: 1 };
    await recordEvent(db.owner, id, { kind: 'step-done', step: first.id, undo: false, evidence: { ledger }, tookMs: 5 });
    const done = operationAnswer((await readOperation(viewer, id))!);
    expect(done.steps[0]).toMatchObject({ state: 'done', waitsFor: null, evidence: { ledger: { node: 'x', transactions: 1 } } });
    expect(JSON.stringify(done)).not.toContain('a row of a customer');
  });

  test('a journal that does not fit is shown as far as it does', async () => {
    const id = await request();
    await recordEvent(db.owner, id, { kind: 'started', controller: 'c1' }, 'running');
    await recordEvent(db.owner, id, { kind: 'step-done', step: 'no-such-step', undo: false, evidence: null, tookMs: 1 });
    expect(await readOperation(viewer, id)).toMatchObject({ state: 'running', journalProblem: expect.stringContaining('no-such-step') });
  });

  test('a journal longer than is read is not folded in part: it is a problem on the page, and an error for who drives it', async () => {
    const id = await request();
    await recordEvent(db.owner, id, { kind: 'started', controller: 'c1' }, 'running');
    await db.owner.query(
      `INSERT INTO operation_event (operation_id, sequence, at, kind, body)
       SELECT $1, n, now(), 'cancel-requested', jsonb_build_object('kind', 'cancel-requested', 'by', 'user:x') FROM generate_series(2, $2) n`,
      [id, EVENTS_MAX],
    );
    expect(await loadEvents(db.owner, id)).toHaveLength(EVENTS_MAX);
    await db.owner.query(
      `INSERT INTO operation_event (operation_id, sequence, at, kind, body) VALUES ($1, $2, now(), 'cancel-requested', '{}')`,
      [id, EVENTS_MAX + 1],
    );
    await expect(loadEvents(db.owner, id)).rejects.toThrow(/more than 20,000 events/);
    expect(await readOperation(viewer, id)).toMatchObject({
      state: 'running',
      journalProblem: expect.stringContaining('more than 20,000'),
    });
  });

  test('what it leaves is listed without its contents', async () => {
    const id = await request();
    await db.owner.query(
      `INSERT INTO operation_artifact (operation_id, name, content_type, body) VALUES ($1, 'loss ledger.csv', 'text/csv', 'ä,b')`,
      [id],
    );
    const view = (await readOperation(viewer, id))!;
    expect(view.artifacts).toMatchObject([{ name: 'loss ledger.csv', contentType: 'text/csv', bytes: 4 }]);
    expect(operationAnswer(view).artifacts[0]?.href).toBe(`/api/v1/operations/${id}/artifacts/loss%20ledger.csv`);
    expect(view.actions.download).toEqual([expect.stringContaining('ledger.read')]);
    const auditor = aPerson('auditor', { userId: 9 });
    expect((await readOperation(auditor, id))!.actions.download).toEqual([]);
  });

  test('no id, another id, nobody', async () => {
    for (const id of ['', 'x', randomUUID(), "'; --"]) expect(await readOperation(viewer, id)).toBeNull();
    await expect(readOperation(nobody, randomUUID())).rejects.toThrow('may not');
    await expect(readOperations(nobody)).rejects.toThrow('may not');
  });
});

test('the list: newest first, filtered, page after page without gap', async () => {
  const made: string[] = [];
  // Two at one moment: the id decides.
  for (const offsetMs of [1000, 2000, 2000, 3000]) made.push(await request(NOW_MS + 3_600_000 + offsetMs));
  const newest = made.at(-1)!;
  await recordEvent(db.owner, newest, { kind: 'started', controller: 'c1' }, 'running');
  const all = (await readOperations(viewer)).operations.map(({ id }) => id);
  expect(all[0]).toBe(newest);
  expect(all).toHaveLength(new Set(all).size);
  const paged: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await readOperations(viewer, { limit: 2, cursor });
    paged.push(...page.operations.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== null);
  expect(paged).toEqual(all);
  expect((await readOperations(viewer, { states: ['running'] })).operations).toMatchObject([
    { id: newest, summary: plan.summary, target: 'aws-use1-b', approvals: { required: 0, given: 0 }, measured: null },
  ]);
  expect((await readOperations(viewer, { cluster: 'ledger' })).operations).toEqual([]);
  expect((await readOperations(viewer, { kinds: ['failover'] })).operations).toEqual([]);
  expect((await readOperations(viewer, { cursor: 'nonsense', limit: 1 })).operations[0]?.id).toBe(newest);
});

interface Heard {
  name: string;
  id: string | null;
  data: Record<string, unknown>;
}
function follow(id: string, afterSequence: number | null = null, userId = 1) {
  const abort = new AbortController();
  const actor = person('viewer', userId);
  const stream = openOperationEvents({ actor, id, afterSequence, actorNow: () => Promise.resolve(actor), signal: abort.signal });
  const state = { heard: [] as Heard[], ended: false };
  const read = async () => {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of stream!) {
      text += decoder.decode(chunk, { stream: true });
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const name = /^event: (.*)$/m.exec(part)?.[1];
        if (name === undefined || name === 'beat') continue;
        const data = JSON.parse(/^data: (.*)$/m.exec(part)?.[1] ?? 'null') as Heard['data'];
        state.heard.push({ name, id: /^id: (.*)$/m.exec(part)?.[1] ?? null, data });
      }
    }
    state.ended = true;
  };
  const done = stream === null ? Promise.resolve() : read().catch(() => undefined);
  return { stream, state, stop: () => (abort.abort(), done) };
}

describe('the stream of a run', () => {
  test('a snapshot, each event at once, the end; and on from there after a reconnection', async () => {
    const id = await request();
    const first = plan.steps[0]!;
    const { state, stop } = follow(id);
    await waitFor('the snapshot', () => state.heard.length > 0);
    expect(state.heard[0]).toMatchObject({ name: 'snapshot', id: '0', data: { id, state: 'queued' } });
    await recordEvent(db.owner, id, { kind: 'started', controller: 'c1' }, 'running');
    const sentAtMs = performance.now();
    await recordEvent(db.owner, id, { kind: 'step-started', step: first.id, attempt: 1, undo: false });
    await waitFor('the second event', () => state.heard.some((one) => one.id === '2'), 900);
    expect(performance.now() - sentAtMs).toBeLessThan(900);
    await db.owner.query('UPDATE operation SET cancel_requested_at = now(), cancel_requested_by = $2 WHERE id = $1', [id, 'user:ada']);
    await moveOperation(db.owner, id, 'failed');
    await waitFor('the end', () => state.ended);
    expect(state.heard.filter(({ name }) => name === 'event').map((one) => [one.id, one.data['kind']])).toEqual([
      ['1', 'started'],
      ['2', 'step-started'],
    ]);
    expect(state.heard.at(-1)).toMatchObject({ name: 'end', data: { state: 'failed' } });
    expect(state.heard.at(-2)).toMatchObject({ name: 'operation', data: { state: 'failed', ended: true } });
    await stop();

    const again = follow(id, 1);
    await waitFor('the end', () => again.state.ended);
    expect(again.state.heard.map(({ name, id: eventId }) => [name, eventId])).toEqual([
      ['event', '2'],
      ['operation', null],
      ['end', null],
    ]);
    expect(await readProgress(viewer, id)).toEqual({ ended: true, sequence: 2 });
    // A number from another run is no place to continue from.
    const foreign = follow(id, 99);
    await waitFor('the end', () => foreign.state.ended);
    expect(foreign.state.heard[0]).toMatchObject({ name: 'snapshot' });
  });

  test('a long journal is no slow reader', async () => {
    const id = await request();
    await recordEvent(db.owner, id, { kind: 'started', controller: 'c1' }, 'running');
    for (let index = 0; index < 120; index++) await recordEvent(db.owner, id, { kind: 'taken-over', controller: `c${index}` });
    const { state, stop } = follow(id, 0);
    await waitFor('all of them', () => state.heard.filter(({ name }) => name === 'event').length === 121);
    expect(state.ended).toBe(false);
    await stop();
  });

  test('a person holds so many at most, and a reader that left is forgotten', async () => {
    const id = await request();
    const held = Array.from({ length: OPERATION_STREAMS_PER_PERSON_MAX }, () => follow(id, null, 9));
    expect(follow(id, null, 9).stream).toBeNull();
    expect(follow(id, null, 10).stream).not.toBeNull();
    await Promise.all(held.map(({ stop }) => stop()));
    const another = follow(id, null, 9);
    expect(another.stream).not.toBeNull();
    await another.stop();
  });
});
