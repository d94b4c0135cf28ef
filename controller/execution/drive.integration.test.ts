import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CommandEnvelope } from '../../lib/agent-contract/commands.ts';
import { commandsOf } from '../../lib/db/operations/agent-commands.ts';
import type { Step } from '../../lib/domain/operation/model.ts';
import { startControllerFixture, waitFor, type ControllerFixture } from '../../test/controller-fixture.ts';
import {
  CLUSTER,
  NODES,
  begunElsewhere,
  ended,
  handMadePlan,
  inState,
  settled,
  startScriptedFleet,
  stateOf,
  stepEnds,
} from '../../test/execution-fixture.ts';
import type { ScriptedFleet } from '../../test/scripted-fleet.ts';

const [PRIMARY, ...STANDBYS] = NODES;
let fixture: ControllerFixture;
let fleet: ScriptedFleet;

beforeAll(async () => {
  fixture = await startControllerFixture();
  fleet = await startScriptedFleet(fixture.pool, fixture.controller);
});
afterAll(async () => {
  await fleet?.stop();
  await fixture?.stop();
});

const ask = (node: string, verb: 'report' | 'checkpoint' | 'reload', term: 'current' | 'next' = 'current'): Step['action'] => ({
  by: 'agent',
  node,
  command: { verb, args: {} },
  term,
});
const never = new Promise<null>(() => undefined);
const term = async (): Promise<number> => {
  const { rows } = await fixture.pool.query<{ term: number }>('SELECT term FROM leadership');
  return rows[0]?.term ?? 0;
};
const answering = (answer: ScriptedFleet['answer']): void => {
  fleet.answer = answer;
};

test('agents are told who leads: each knows the term, the holder claims it', async () => {
  await settled(fixture.pool, CLUSTER, PRIMARY, STANDBYS);
  expect(fleet.server(PRIMARY).authority).toMatchObject({ role: 'leader', leaderTerm: 1 });
  for (const standby of STANDBYS) expect(fleet.server(standby).authority).toMatchObject({ role: 'follower', termSeen: 1 });
});

test('parallel steps of a stage are sent together, and the next stage waits for all of them', async () => {
  answering(() => null);
  const plan = handMadePlan(CLUSTER, await term(), [
    { id: 'one', stage: 1, action: ask('pay-a', 'checkpoint') },
    { id: 'two', stage: 1, action: ask('pay-b', 'checkpoint') },
    { id: 'three', stage: 2, action: ask('pay-c', 'checkpoint') },
    { id: 'four', stage: 3, action: { by: 'observation', condition: { see: 'writable', node: PRIMARY } } },
  ]);
  const id = await begunElsewhere(fixture.pool, plan);
  const end = await ended(fixture.pool, id);
  expect(end.state).toBe('done');
  const kinds = end.events.map(({ event }) => ('step' in event ? `${event.kind} ${event.step}` : event.kind));
  expect(kinds.slice(0, 4)).toEqual(['started', 'taken-over', 'step-started one', 'step-started two']);
  expect(kinds.indexOf('step-started three')).toBeGreaterThan(Math.max(kinds.indexOf('step-done one'), kinds.indexOf('step-done two')));
  expect(end.events.map(({ sequence }) => sequence)).toEqual(end.events.map((_event, index) => index + 1));
});

test('what the agent refuses or fails at is told in its words, tried again, and rolled back when no attempt is left', async () => {
  answering(({ verb }: CommandEnvelope) =>
    verb === 'reload' ? { status: 'refused', code: 'precondition-failed', reason: 'The server does not run.' } : null,
  );
  const undo = ask('pay-a', 'report');
  const plan = handMadePlan(CLUSTER, await term(), [
    { id: 'first', stage: 1, action: ask('pay-a', 'checkpoint'), undo },
    { id: 'second', stage: 2, action: ask('pay-b', 'reload') },
  ]);
  const end = await ended(fixture.pool, await begunElsewhere(fixture.pool, plan));
  expect(end).toMatchObject({ state: 'rolled-back', outcome: expect.stringContaining('The server does not run.') });
  expect(stepEnds(end.events)).toEqual([
    'first done',
    'second no-effect precondition-failed',
    'second no-effect precondition-failed',
    'undo:first done',
  ]);
});

test('a step without an answer by its deadline is asked again under a new key; the old command is never handed out again', async () => {
  let asked = 0;
  const late: CommandEnvelope[] = [];
  answering((envelope) => {
    if (envelope.verb !== 'checkpoint') return null;
    asked += 1;
    if (asked > 1) return null;
    late.push(envelope);
    return new Promise((resolve) => setTimeout(() => resolve(null), 2_500));
  });
  const plan = handMadePlan(CLUSTER, await term(), [{ id: 'slow', stage: 1, action: ask('pay-c', 'checkpoint'), deadlineMs: 600 }]);
  const id = await begunElsewhere(fixture.pool, plan);
  const end = await ended(fixture.pool, id);
  expect(stepEnds(end.events)).toEqual(['slow unknown deadline', 'slow done']);
  const commands = await commandsOf(fixture.pool, id);
  expect(commands.map(({ attempt, result }) => [attempt, result?.status])).toEqual([
    [1, 'failed'],
    [2, 'done'],
  ]);
  // The first one's own answer came in the meantime and changed nothing.
  expect(commands[0]?.result).toMatchObject({ status: 'failed', code: 'deadline' });
});

test('cancel rolls back what was done and tells the agent to stop; what has ended stays ended', async () => {
  answering(({ verb }) => (verb === 'reload' ? never : null));
  const plan = handMadePlan(CLUSTER, await term(), [
    { id: 'first', stage: 1, action: ask('pay-a', 'checkpoint'), undo: ask('pay-a', 'report') },
    { id: 'long', stage: 2, action: ask('pay-b', 'reload'), deadlineMs: 1_500, attemptsMax: 1 },
  ]);
  const id = await begunElsewhere(fixture.pool, plan);
  await waitFor('the long step', () => (fleet.performed.some(({ operation, step }) => operation === id && step === 'long') ? true : null));
  await fixture.pool.query(
    `UPDATE operation SET cancel_requested_at = now(), cancel_requested_by = 'user:operator@example.com' WHERE id = $1`,
    [id],
  );
  const end = await ended(fixture.pool, id);
  expect(end).toMatchObject({ state: 'cancelled' });
  expect(stepEnds(end.events)).toEqual(['first done', 'long unknown deadline', 'undo:first done']);
  const commands = await commandsOf(fixture.pool, id);
  expect(commands.map(({ step, verb }) => [step, verb])).toContainEqual(['cancel:long', 'cancel']);
  await expect(fixture.pool.query(`UPDATE operation SET state = 'running' WHERE id = $1`, [id])).rejects.toThrow('has ended');
  // The scripted agent still hangs in the step: a new one takes its place.
  await fleet.replace('pay-b');
});

test('a step that only a person can decide holds the operation, and continues when it is released', async () => {
  let broken = true;
  answering(({ verb }) => {
    if (verb !== 'reload' || !broken) return null;
    return { status: 'failed', code: 'server-error', reason: 'disk full', changed: true, tookMs: 1 };
  });
  const plan = handMadePlan(CLUSTER, await term(), [{ id: 'stuck', stage: 1, action: ask('pay-c', 'reload'), onFailure: 'hold' }]);
  const id = await begunElsewhere(fixture.pool, plan);
  await inState(fixture.pool, id, 'held');
  expect(await stateOf(fixture.pool, id)).toMatchObject({ outcome: expect.stringContaining('disk full') });
  broken = false;
  await fixture.pool.query(
    `UPDATE operation SET release_requested_at = now(), release_requested_by = 'user:operator@example.com' WHERE id = $1`,
    [id],
  );
  const end = await ended(fixture.pool, id);
  expect(end.state).toBe('done');
  expect(stepEnds(end.events)).toEqual(['stuck partial server-error', 'stuck done']);
});

test('a result is stored once: a second one, another node’s and an altered one change nothing', async () => {
  const seen: CommandEnvelope[] = [];
  answering((envelope) => {
    if (envelope.verb === 'checkpoint') seen.push(envelope);
    return null;
  });
  const plan = handMadePlan(CLUSTER, await term(), [{ id: 'once', stage: 1, action: ask('pay-a', 'checkpoint') }]);
  const id = await begunElsewhere(fixture.pool, plan);
  await ended(fixture.pool, id);
  const envelope = seen.find(({ operation }) => operation === id);
  if (envelope === undefined) throw new Error('no command came');
  const other = { status: 'failed' as const, code: 'internal' as const, reason: 'again', changed: null, tookMs: 1 };
  const [own, foreign] = [fleet.agent('pay-a'), fleet.agent('pay-b')];
  expect((await own.result(envelope, other)).status).toBe(200);
  expect((await commandsOf(fixture.pool, id))[0]?.result?.status).toBe('done');
  expect(await foreign.result(envelope, other)).toMatchObject({ status: 404, body: { detail: expect.stringContaining('no command') } });
  expect(await own.result({ ...envelope, id: randomUUID() }, other)).toMatchObject({ status: 404 });
  expect(await own.result(envelope, other, { step: 'another' })).toMatchObject({ status: 422 });
  expect(await own.result(envelope, { status: 'done', evidence: { wrong: true }, tookMs: 1 })).toMatchObject({ status: 422 });
});

test('a term that somebody else moved ends the step with a sentence', async () => {
  answering(() => null);
  const plan = handMadePlan(CLUSTER, (await term()) - 1, [
    { id: 'take', stage: 1, action: { by: 'controller', action: { do: 'take-term', holder: 'pay-b' } }, attemptsMax: 1 },
  ]);
  const end = await ended(fixture.pool, await begunElsewhere(fixture.pool, plan));
  expect(end).toMatchObject({ state: 'rolled-back', outcome: expect.stringContaining('was changed by somebody else') });
  expect(await term()).toBe(1);
});
