/** Operations side by side, and failovers that take over what is in their way, against scripted agents. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { commandsOf } from '../../lib/db/operations/agent-commands.ts';
import { takeOverLinks } from '../../lib/domain/operation/answers/take-over-links.ts';
import { loadEvents } from '../../lib/db/operations/operations.ts';
import { readPlanningInput } from '../../lib/db/operations/planning-input.ts';
import { lookAhead } from '../../lib/domain/operation/checks/checks.ts';
import type { OperationRequest, Outlook, Plan } from '../../lib/domain/operation/model.ts';
import type { FenceMethod } from '../../lib/domain/operation/plan/plan-failover.ts';
import { startControllerFixture, waitFor, type ControllerFixture } from '../../test/controller-fixture.ts';
import {
  CLUSTER,
  NODES,
  begunElsewhere,
  ended,
  handMadePlan,
  inState,
  planFor,
  request,
  requestPlan,
  settled,
  startScriptedFleet,
  stateOf,
  stepEnds,
} from '../../test/execution-fixture.ts';
import type { ScriptedFleet } from '../../test/scripted-fleet.ts';

let fixture: ControllerFixture;
let fleet: ScriptedFleet;
let primary: string = NODES[0];
/** Lets agents answer that were made to wait. */
let letGo: () => void = () => undefined;

beforeAll(async () => {
  fixture = await startControllerFixture();
  fleet = await startScriptedFleet(fixture.pool, fixture.controller);
});
afterAll(async () => {
  letGo();
  await fleet?.stop();
  await fixture?.stop();
});
beforeEach(async () => {
  letGo();
  fleet.answer = () => null;
  await fixture.pool.query('UPDATE cluster SET approvals_required = 0');
  await settled(fixture.pool, CLUSTER, primary, others(primary));
});

const others = (name: string): string[] => NODES.filter((node) => node !== name);
/** A call that has to wait from here waits until `letGo`. */
function hold(): () => Promise<null> {
  const gate = new Promise<null>((resolve) => (letGo = () => resolve(null)));
  return () => gate;
}

interface Seen {
  plan: Plan;
  outlook: Outlook;
}

/** Waits until nothing blocks it, as a person does who looks at the page. */
async function unblocked(wanted: OperationRequest, isWanted: (outlook: Outlook) => boolean = () => true): Promise<Seen> {
  return await waitFor(
    `a ${wanted.kind} that is not blocked`,
    async () => {
      const plan = await planFor(fixture.pool, wanted).catch(() => null);
      const input = await readPlanningInput(fixture.pool, CLUSTER, Date.now());
      if (plan === null || input === null) return null;
      const outlook = lookAhead(plan, input);
      return outlook.blocked.length === 0 && isWanted(outlook) ? { plan, outlook } : null;
    },
    20_000,
  );
}

/** A person looks, acknowledges all risks and asks; once more while the picture still moves. */
async function failOver(fence: FenceMethod, takesOver: boolean, target: string | null = null) {
  for (;;) {
    const { plan, outlook } = await unblocked({ kind: 'failover', target, fence }, ({ takenOver }) => takenOver.length > 0 === takesOver);
    const id = await requestPlan(fixture.pool, plan, { risks: outlook.risks });
    const end = { id, ...(await ended(fixture.pool, id)) };
    if (end.state !== 'refused') return end;
    if (end.outcome?.includes('not as it was') !== true) throw new Error(end.outcome ?? 'refused');
  }
}

/** The old primary comes back as a standby of the new one, as after a reversion. */
async function rejoin(name: string, to: string): Promise<void> {
  Object.assign(fleet.server(name), { running: true, primary: false, upstream: to, timeline: fleet.server(to).timeline });
  fleet.server(name).authority = { ...fleet.server(name).authority, role: 'follower', leaderTerm: null, fenced: null };
  for (const standby of others(to)) fleet.server(to).slots.add(standby.replaceAll('-', '_'));
  await settled(fixture.pool, CLUSTER, to, others(to));
}

const takeOverRows = async (id: string) =>
  (
    await fixture.pool.query<{ subject: string; outcome: string; body: string }>(
      `SELECT subject, outcome, body FROM audit_event WHERE action = 'operation.take-over' AND body LIKE '%' || $1 || '%'`,
      [id],
    )
  ).rows.map(({ body, ...row }) => ({ ...row, body: JSON.parse(body) as Record<string, unknown> }));

test('a switchover that waits for approval does not keep a failover from beginning', async () => {
  await fixture.pool.query('UPDATE cluster SET approvals_required = 1');
  const target = others(primary)[0] ?? '';
  const waiting = await waitFor('a plan with approval', async () => {
    const plan = await planFor(fixture.pool, { kind: 'switchover', target });
    return plan.approvalsRequired === 1 ? await requestPlan(fixture.pool, plan) : null;
  });
  await inState(fixture.pool, waiting, 'awaiting-approval');
  await fixture.pool.query('UPDATE cluster SET approvals_required = 0');
  const old = primary;
  fleet.server(old).running = false;
  const end = await failOver('agent', false);
  expect(end.state, JSON.stringify(stepEnds(end.events))).toBe('done');
  expect(await stateOf(fixture.pool, waiting)).toMatchObject({ state: 'awaiting-approval' });
  await fixture.pool.query(`UPDATE operation SET cancel_requested_at = now(), cancel_requested_by = 'user:ada' WHERE id = $1`, [waiting]);
  expect(await ended(fixture.pool, waiting)).toMatchObject({ state: 'cancelled' });
  [primary = ''] = fleet.writable();
  await rejoin(old, primary);
});

test('a copy to one node continues beside a switchover that does not need that node', async () => {
  const [target = '', copied = ''] = others(primary);
  fleet.server(copied).running = false;
  const wait = hold();
  fleet.answer = async ({ verb }) => (verb === 'clone' ? await wait() : null);
  const args = { source: 'elsewhere', slot: null, replace: true, bytesPerSecondMax: null };
  const action = { by: 'agent' as const, node: copied, term: 'current' as const, command: { verb: 'clone' as const, args } };
  const { term } = await planFor(fixture.pool, { kind: 'reload', target: primary });
  const copy = handMadePlan(CLUSTER, term, [{ id: 'copy', stage: 1, action, deadlineMs: 120_000, attemptsMax: 1 }]);
  const copying = await begunElsewhere(fixture.pool, copy, { lane: 'node', has: [copied], reliesOn: [] });
  await waitFor('the copy', () => (fleet.performed.some(({ operation }) => operation === copying) ? true : null));

  const { plan } = await unblocked({ kind: 'switchover', target }, ({ takenOver, inTheWay }) => takenOver.length + inTheWay.length === 0);
  const end = await ended(fixture.pool, await requestPlan(fixture.pool, plan));
  expect(end.state, JSON.stringify(stepEnds(end.events))).toBe('done');
  expect(fleet.writable()).toEqual([target]);
  expect(await stateOf(fixture.pool, copying)).toMatchObject({ state: 'running' });
  // Something on that node itself has to wait, and says so.
  const input = await readPlanningInput(fixture.pool, CLUSTER, Date.now());
  if (input === null) throw new Error('no picture');
  const own = lookAhead({ ...plan, request: { kind: 'restart', target: copied } }, input);
  expect(own.inTheWay.map(({ id }) => id)).toEqual([copying]);
  letGo();
  await ended(fixture.pool, copying);
  primary = target;
  await rejoin(copied, primary);
});

test('a failover ends what is being done to the node that it needs: on the record, and the agent is told to stop', async () => {
  const old = primary;
  const [target = '', other = ''] = others(old);
  const wait = hold();
  fleet.answer = async ({ verb }, node) => (verb === 'restart' && node === target ? await wait() : null);
  const { id: restart } = await request(fixture.pool, { kind: 'restart', target });
  await waitFor('the restart', () =>
    fleet.performed.some(({ operation, verb }) => operation === restart && verb === 'restart') ? true : null,
  );
  fleet.server(old).running = false;
  // An agent that is at work still takes up what is more urgent.
  fleet.relieve(target);

  // Without that agreement it is not done.
  const { plan, outlook } = await unblocked({ kind: 'failover', target: null, fence: 'agent' }, ({ takenOver }) => takenOver.length === 1);
  const risks = outlook.risks.filter(({ code }) => code !== 'operation-taken-over');
  const careless = await ended(fixture.pool, await requestPlan(fixture.pool, plan, { risks }));
  expect(careless).toMatchObject({ state: 'refused' });
  expect(await stateOf(fixture.pool, restart)).toMatchObject({ state: 'running' });

  const end = await failOver('agent', true);
  expect(end.state, JSON.stringify(stepEnds(end.events))).toBe('done');
  expect([target, other]).toContain(fleet.writable()[0]);
  const gone = await ended(fixture.pool, restart);
  expect(gone).toMatchObject({ state: 'failed', outcome: expect.stringContaining(`by a failover (${end.id})`) });
  expect(gone.events.at(-1)?.event).toMatchObject({ kind: 'ended', takenOverBy: end.id, leaves: [expect.stringContaining('unknown')] });
  expect(end.events[0]?.event).toMatchObject({
    kind: 'started',
    continues: [{ operation: restart, kind: 'restart', writesHeldSince: null }],
  });
  expect(await takeOverRows(restart)).toMatchObject([
    { subject: `cluster:${CLUSTER}`, outcome: 'done', body: { operation: restart, takenOverBy: end.id, leaves: [expect.any(String)] } },
  ]);
  const commands = await commandsOf(fixture.pool, restart);
  expect(commands.map(({ verb }) => verb)).toEqual(expect.arrayContaining(['restart', 'cancel']));
  expect(commands.find(({ verb }) => verb === 'restart')?.result).toMatchObject({ status: 'failed' });
  letGo();
  [primary = ''] = fleet.writable();
  await rejoin(old, primary);
});

test('the primary’s host dies between shutdown and promotion, and the promotion is held: a failover continues from there', async () => {
  const old = primary;
  const [target = ''] = others(old);
  fleet.answer = ({ verb, operation }, node) => {
    if (verb !== 'promote' || operation !== switchover) return null;
    if (fleet.server(old).running) throw new Error('promoted beside the old primary');
    fleet.silence(old);
    return { status: 'refused', code: 'precondition-failed', reason: `${node} does not come out of recovery.` };
  };
  let switchover = '';
  const plan = await planFor(fixture.pool, { kind: 'switchover', target });
  switchover = await requestPlan(fixture.pool, plan);
  await inState(fixture.pool, switchover, 'held');
  expect(fleet.writable()).toEqual([]);

  const end = await failOver('override', true, target);
  expect(end.state, JSON.stringify(stepEnds(end.events))).toBe('done');
  expect(fleet.writable()).toEqual([target]);
  const gone = await ended(fixture.pool, switchover);
  expect(gone.events.at(-1)?.event).toMatchObject({
    ...{ kind: 'ended', takenOverBy: end.id },
    leaves: expect.arrayContaining([expect.stringContaining(`Shut down ${old}`)]),
  });
  // Clients have waited since the switchover held them: that is the outage, not what the failover itself took.
  const stopped = gone.events.find(({ event }) => event.kind === 'step-started' && event.step === 'stop-primary')!;
  expect(end.events[0]?.event).toMatchObject({ continues: [{ operation: switchover, writesHeldSince: stopped.at }] });
  expect(Number(end.measured?.['writeOutageMs'])).toBeGreaterThan(Date.parse(end.events[0]!.at) - Date.parse(stopped.at));
  const { rows } = await fixture.pool.query('SELECT term, holder FROM leadership');
  expect(rows[0]).toEqual({ term: plan.term + 2, holder: target });
  fleet.revive(old);
  primary = target;
  await rejoin(old, primary);
});

test('the primary’s host dies before it says that it has stopped: a failover need not wait for the answer', async () => {
  const old = primary;
  const [target = ''] = others(old);
  const wait = hold();
  fleet.answer = async ({ verb }, node) => {
    if (verb !== 'stop-primary' || node !== old) return null;
    Object.assign(fleet.server(old), { running: false });
    fleet.silence(old);
    return await wait();
  };
  const { id: switchover } = await request(fixture.pool, { kind: 'switchover', target });
  await waitFor('the shutdown', () => (fleet.server(old).running ? null : true));
  const end = await failOver('override', true, target);
  expect(end.state, JSON.stringify(stepEnds(end.events))).toBe('done');
  expect(fleet.writable()).toEqual([target]);
  // The pages of both name the other one.
  expect(takeOverLinks(await loadEvents(fixture.pool, switchover))).toEqual({ takenOverBy: end.id, tookOver: [] });
  expect(takeOverLinks(end.events)).toEqual({ takenOverBy: null, tookOver: [{ id: switchover, kind: 'switchover' }] });
  // Commands to the old primary are gone when it comes back.
  expect((await commandsOf(fixture.pool, switchover)).every(({ verb, resolvedAt }) => verb === 'cancel' || resolvedAt !== null)).toBe(true);
  letGo();
  fleet.revive(old);
  primary = target;
  await rejoin(old, primary);
});
