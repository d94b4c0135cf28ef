/** Whole operations from the request on, as people and the real planner make them, against scripted agents. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { JOURNAL_GENESIS } from '../../lib/agent-contract/commands.ts';
import { readPlanningInput } from '../../lib/db/operations/planning-input.ts';
import { lookAhead } from '../../lib/domain/operation/checks/checks.ts';
import { startControllerFixture, waitFor, type ControllerFixture } from '../../test/controller-fixture.ts';
import {
  CLUSTER,
  NODES,
  addPerson,
  ended,
  inState,
  planFor,
  request,
  requestPlan,
  settled,
  startScriptedFleet,
  stateOf,
  stepEnds,
  viewOf,
} from '../../test/execution-fixture.ts';
import type { ScriptedFleet } from '../../test/scripted-fleet.ts';

let fixture: ControllerFixture;
let fleet: ScriptedFleet;
let primary: string = NODES[0];

beforeAll(async () => {
  fixture = await startControllerFixture();
  fleet = await startScriptedFleet(fixture.pool, fixture.controller);
});
afterAll(async () => {
  await fleet?.stop();
  await fixture?.stop();
});
beforeEach(async () => {
  fleet.answer = () => null;
  await fixture.pool.query(`UPDATE cluster SET approvals_required = 0 WHERE slug = $1`, [CLUSTER]);
  await settled(fixture.pool, CLUSTER, primary, others(primary));
});

const others = (name: string): string[] => NODES.filter((node) => node !== name);
const audits = async (id: string) =>
  (
    await fixture.pool.query<{ action: string; outcome: string; actor: string; body: string }>(
      `SELECT action, outcome, actor, body FROM audit_event WHERE body LIKE '%' || $1 || '%' ORDER BY sequence`,
      [id],
    )
  ).rows;
const leadership = async () =>
  (
    await fixture.pool.query<{ term: number; holder: string; timeline: number; source: string }>(
      'SELECT term, holder, timeline, source FROM leadership',
    )
  ).rows[0];

test('a switchover runs from the request to its measured end, on the record', async () => {
  const target = others(primary)[0] ?? '';
  const before = await leadership();
  const { id, plan } = await request(fixture.pool, { kind: 'switchover', target });
  const end = await ended(fixture.pool, id);
  expect(end.outcome).toMatch(/./);
  expect(end.state, JSON.stringify(stepEnds(end.events))).toBe('done');
  expect(fleet.writable()).toEqual([target]);
  expect(await leadership()).toMatchObject({
    term: (before?.term ?? 0) + 1,
    holder: target,
    timeline: (before?.timeline ?? 0) + 1,
    source: 'operation',
  });
  // The term changes hands between the stop and the promotion, and every command carries the one that it belongs to.
  const ofRun = fleet.performed.filter(({ operation }) => operation === id);
  const terms = Object.fromEntries(ofRun.map(({ verb, term }) => [verb, term]));
  expect(terms).toMatchObject({ 'stop-primary': plan.term, promote: plan.term + 1 });
  expect(end.measured).toMatchObject({ termBefore: plan.term, termAfter: plan.term + 1 });
  expect(end.measured?.['writeOutageMs']).toEqual(expect.any(Number));
  expect((await audits(id)).map(({ action, outcome, actor }) => [action, outcome, actor])).toEqual([
    ['operation.run', 'started', 'system:controller'],
    ['operation.run', 'done', 'system:controller'],
  ]);
  // The view shows the new leadership, and it was not concluded a second time from what is seen.
  primary = target;
  const view = await settled(fixture.pool, CLUSTER, primary, others(primary));
  expect(view).toMatchObject({ term: plan.term + 1, leadership: { holder: target, source: 'operation' } });
});

test('a plan that the cluster has left behind is refused, with the difference', async () => {
  const target = others(primary)[0] ?? '';
  const plan = await planFor(fixture.pool, { kind: 'switchover', target });
  const stale = {
    ...plan,
    before: { ...plan.before, nodes: plan.before.nodes.map((node) => (node.name === target ? { ...node, slot: null } : node)) },
  };
  const id = await requestPlan(fixture.pool, stale);
  expect(await ended(fixture.pool, id)).toMatchObject({ state: 'refused', outcome: expect.stringContaining('not as it was') });
  expect(fleet.performed.some(({ operation }) => operation === id)).toBe(false);
  expect((await audits(id)).map(({ outcome }) => outcome)).toEqual(['refused']);
});

test('a requester who was disabled, a token that was revoked and somebody unknown are refused', async () => {
  const plan = await planFor(fixture.pool, { kind: 'reload', target: primary });
  const userId = await addPerson(fixture.pool, 'leaver@example.com', 'operator');
  await fixture.pool.query('UPDATE app_user SET disabled_at = now() WHERE id = $1', [userId]);
  const viewer = await addPerson(fixture.pool, 'viewer@example.com', 'viewer');
  await fixture.pool.query(
    `INSERT INTO api_token (name, secret_hash, permissions, revoked_at) VALUES ('old', 'x', '{operation.request}', now())`,
  );
  for (const over of [
    { requestedBy: 'user:leaver@example.com', userId },
    { requestedBy: 'user:viewer@example.com', userId: viewer },
    { requestedBy: 'token:old', userId: null },
    { requestedBy: 'user:nobody@example.com', userId: null },
  ]) {
    const id = await requestPlan(fixture.pool, plan, over);
    expect(await ended(fixture.pool, id)).toMatchObject({ state: 'refused', outcome: expect.stringContaining('may not request') });
  }
});

test('a token that may request is enough, and of two restarts of a node at once the second is refused', async () => {
  fleet.answer = async ({ verb }) => {
    if (verb === 'restart') await new Promise((resolve) => setTimeout(resolve, 2_000));
    return null;
  };
  await fixture.pool.query(`INSERT INTO api_token (name, secret_hash, permissions) VALUES ('ci', 'y', '{operation.request}')`);
  const plan = await planFor(fixture.pool, { kind: 'restart', target: others(primary)[0] ?? '' });
  const id = await requestPlan(fixture.pool, plan, { requestedBy: 'token:ci', userId: null });
  await inState(fixture.pool, id, 'running');
  const second = await requestPlan(fixture.pool, plan);
  expect(await ended(fixture.pool, second)).toMatchObject({
    state: 'refused',
    outcome: expect.stringContaining('No other operation is in the way'),
  });
  expect(await ended(fixture.pool, id)).toMatchObject({ state: 'done' });
});

test('with two-person approval nothing happens before it, a rejection ends it, and a disabled approver does not count', async () => {
  await fixture.pool.query(`UPDATE cluster SET approvals_required = 1 WHERE slug = $1`, [CLUSTER]);
  const approver = await addPerson(fixture.pool, 'approver@example.com', 'approver');
  const decide = (id: string, userId: number, by: string, decision: string, hash?: string) =>
    fixture.pool.query(
      `INSERT INTO operation_approval (operation_id, plan_hash, user_id, by, decision, reason)
       SELECT id, coalesce($5, plan_hash), $2, $3, $4, 'as agreed' FROM operation WHERE id = $1`,
      [id, userId, by, decision, hash ?? null],
    );
  // The plan names how many must approve: the picture must have that already.
  const plan = await waitFor('a plan with approval', async () => {
    const made = await planFor(fixture.pool, { kind: 'reload', target: primary });
    return made.approvalsRequired === 1 ? made : null;
  });
  const rejected = await requestPlan(fixture.pool, plan);
  await inState(fixture.pool, rejected, 'awaiting-approval');
  await decide(rejected, approver, 'user:approver@example.com', 'rejected');
  expect(await ended(fixture.pool, rejected)).toMatchObject({
    state: 'refused',
    outcome: expect.stringContaining('rejected it: as agreed'),
  });

  const gone = await addPerson(fixture.pool, 'gone@example.com', 'approver');
  const approved = await requestPlan(fixture.pool, plan);
  const operator = await addPerson(fixture.pool, 'operator@example.com', 'operator');
  await expect(decide(approved, operator, 'user:operator@example.com', 'approved')).rejects.toThrow(/can ?not approve/);
  await expect(decide(approved, approver, 'user:approver@example.com', 'approved', 'another')).rejects.toThrow('another plan');
  await fixture.pool.query('UPDATE app_user SET disabled_at = now() WHERE id = $1', [gone]);
  await decide(approved, gone, 'user:gone@example.com', 'approved');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await stateOf(fixture.pool, approved)).toMatchObject({ state: 'awaiting-approval' });
  expect(fleet.performed.some(({ operation }) => operation === approved)).toBe(false);
  await decide(approved, approver, 'user:approver@example.com', 'approved');
  expect(await ended(fixture.pool, approved)).toMatchObject({ state: 'done' });

  const cancelled = await requestPlan(fixture.pool, plan);
  await fixture.pool.query(
    `UPDATE operation SET cancel_requested_at = now(), cancel_requested_by = 'user:operator@example.com' WHERE id = $1`,
    [cancelled],
  );
  expect(await ended(fixture.pool, cancelled)).toMatchObject({ state: 'cancelled' });
});

test('a check that blocks refuses it at the last moment', async () => {
  const target = others(primary)[0] ?? '';
  await fixture.pool.query(
    `INSERT INTO maintenance (cluster_id, node_name, owner, reason, ends_at) SELECT id, $2, 'ops', 'new disks', now() + interval '1 hour' FROM cluster WHERE slug = $1`,
    [CLUSTER, target],
  );
  const plan = await planFor(fixture.pool, { kind: 'switchover', target });
  const input = await readPlanningInput(fixture.pool, CLUSTER, Date.now());
  if (input === null) throw new Error('no picture');
  expect(lookAhead(plan, input).blocked.join(' ')).toContain('maintenance');
  const end = await ended(fixture.pool, await requestPlan(fixture.pool, plan));
  expect(end).toMatchObject({ state: 'refused', outcome: expect.stringContaining('maintenance') });
  await fixture.pool.query('UPDATE maintenance SET ended_at = now()');
});

test('agents at another controller’s gateway are reached by way of the database', async () => {
  const target = others(primary)[1] ?? '';
  const second = await fixture.startAnother();
  fleet.dial(second.gatewayUrl);
  const { id } = await request(fixture.pool, { kind: 'switchover', target });
  const end = await ended(fixture.pool, id);
  expect(end.state, JSON.stringify(stepEnds(end.events))).toBe('done');
  expect(end.events.some(({ event }) => event.kind === 'taken-over')).toBe(false);
  primary = target;
  fleet.dial(fixture.controller.gatewayUrl);
  await second.stop();
});

test('another controller takes over in the middle, and both write one journal', async () => {
  const target = others(primary)[0] ?? '';
  const second = await fixture.startAnother();
  fleet.answer = async ({ verb }) => {
    if (verb === 'stop-primary') await new Promise((resolve) => setTimeout(resolve, 1_500));
    return null;
  };
  const { id } = await request(fixture.pool, { kind: 'switchover', target });
  await waitFor('the critical step', () =>
    fleet.performed.some(({ operation, verb }) => operation === id && verb === 'stop-primary') ? true : null,
  );
  fleet.dial(second.gatewayUrl);
  await fixture.controller.stop();
  const end = await ended(fixture.pool, id);
  expect(end.state, JSON.stringify(stepEnds(end.events))).toBe('done');
  expect(end.events.filter(({ event }) => event.kind === 'taken-over')).toHaveLength(1);
  expect(fleet.performed.filter(({ operation, verb }) => operation === id && verb === 'stop-primary')).toHaveLength(1);
  expect(fleet.writable()).toEqual([target]);
  primary = target;
  expect((await viewOf(fixture.pool))?.primary).toBe(target);
});

const fenceEnds = async (node: string): Promise<string[]> =>
  (
    await fixture.pool.query<{ outcome: string }>(`SELECT outcome FROM audit_event WHERE action = 'node.fence' AND subject = $1`, [
      `node:${CLUSTER}/${node}`,
    ])
  ).rows.map(({ outcome }) => outcome);

test('a node that takes writes beside the holder is fenced, on the record', async () => {
  const intruder = others(primary)[1] ?? '';
  Object.assign(fleet.server(intruder), { primary: true, upstream: null, timeline: fleet.server(primary).timeline + 1 });
  await waitFor('the fence', () => (fleet.server(intruder).authority.role === 'fenced' ? true : null), 15_000);
  expect(fleet.writable()).toEqual([primary]);
  const { rows } = await fixture.pool.query(`SELECT outcome FROM audit_event WHERE action = 'node.fence' AND subject = $1`, [
    `node:${CLUSTER}/${intruder}`,
  ]);
  expect(rows[0]).toEqual({ outcome: 'started' });
  await waitFor('the end of the fence on record', async () => ((await fenceEnds(intruder)).includes('done') ? true : null));
  Object.assign(fleet.server(intruder), { running: true, primary: false, upstream: primary, timeline: fleet.server(primary).timeline });
  fleet.server(intruder).authority = { ...fleet.server(intruder).authority, role: 'follower', fenced: null };
});

/** As the agent's own command line leaves it in its journal. */
async function journalPromotion(name: string, term: number): Promise<void> {
  const record = { at: new Date().toISOString(), kind: 'break-glass', by: 'local:anna', command: null, operation: null, step: null };
  const text = JSON.stringify({ ...record, attempt: null, verb: 'promote', term, nonce: null, note: 'the primary is gone', detail: null });
  const hash = createHash('sha256').update(`${JOURNAL_GENESIS}${text}`).digest('hex');
  const { status } = await fleet.agent(name).journal([{ sequence: 1, text, prevHash: JOURNAL_GENESIS, hash }]);
  expect(status).toBe(200);
}

test('one agent that lies moves no leadership and has nobody fenced: a critical finding, which a person may confirm', async () => {
  const liar = others(primary)[0] ?? '';
  const before = await leadership();
  const honest = { ...fleet.server(liar), authority: { ...fleet.server(liar).authority } };
  const term = (before?.term ?? 0) + 1;
  Object.assign(fleet.server(liar), { primary: true, upstream: null });
  fleet.server(liar).authority = { termSeen: term, role: 'leader', leaderTerm: term, fenced: null };
  const from = fleet.performed.length;
  const finding = await waitFor(
    'the finding',
    async () => (await viewOf(fixture.pool))?.findings.find(({ code }) => code === 'promoted-outside') ?? null,
    20_000,
  );
  expect(finding).toMatchObject({ severity: 'critical', nodeName: liar, nextOperation: { kind: 'confirm-promotion', target: liar } });
  expect(finding.summary).toContain(`${liar} says that it is primary under term ${term}`);
  expect(finding.summary).toContain(`${primary} says that it accepts writes`);
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  expect(await leadership()).toEqual(before);
  expect(fleet.performed.slice(from).filter(({ verb }) => verb === 'fence')).toEqual([]);
  // On the old timeline nothing was promoted: not even a person's word is taken.
  const input = await readPlanningInput(fixture.pool, CLUSTER, Date.now());
  const plan = await planFor(fixture.pool, { kind: 'confirm-promotion', target: liar });
  expect(lookAhead(plan, input!).blocked.join(' ')).toContain('A promotion begins a new timeline');
  Object.assign(fleet.server(liar), honest);
  await settled(fixture.pool, CLUSTER, primary, others(primary));
  await waitFor('the end of the finding', async () =>
    (await viewOf(fixture.pool))?.findings.some(({ code }) => code === 'promoted-outside') === true ? null : true,
  );
});

test('a promotion by the agent’s own command line is adopted with its term', async () => {
  const hero = others(primary)[0] ?? '';
  const before = await leadership();
  const term = (before?.term ?? 0) + 1;
  fleet.server(primary).running = false;
  Object.assign(fleet.server(hero), { primary: true, upstream: null, timeline: fleet.server(hero).timeline + 1 });
  fleet.server(hero).authority = { termSeen: term, role: 'leader', leaderTerm: term, fenced: null };
  await journalPromotion(hero, term);
  await waitFor('the adoption', async () => ((await leadership())?.holder === hero ? true : null), 15_000);
  expect(await leadership()).toMatchObject({ term, holder: hero, source: 'break-glass' });
  primary = hero;
  for (const name of others(hero)) {
    Object.assign(fleet.server(name), { running: true, primary: false, upstream: hero, timeline: fleet.server(hero).timeline });
    fleet.server(name).authority = { termSeen: term, role: 'follower', leaderTerm: null, fenced: null };
  }
});

test('without a witness a person confirms it, and the record follows', async () => {
  // Only the one that says it was promoted is left to report.
  const [old, hero = '', silent = ''] = [primary, ...others(primary)];
  const before = await leadership();
  expect(before?.holder).toBe(old);
  const term = (before?.term ?? 0) + 1;
  for (const name of [old, silent]) fleet.silence(name);
  Object.assign(fleet.server(hero), { running: true, primary: true, upstream: null, timeline: fleet.server(old).timeline + 1 });
  fleet.server(hero).authority = { termSeen: term, role: 'leader', leaderTerm: term, fenced: null };
  await journalPromotion(hero, term);
  await waitFor(
    'the finding',
    async () =>
      (await viewOf(fixture.pool))?.findings.find(({ code, nodeName }) => code === 'promoted-outside' && nodeName === hero) ?? null,
    20_000,
  );
  expect(await leadership()).toEqual(before);
  const { id } = await request(fixture.pool, { kind: 'confirm-promotion', target: hero });
  expect((await ended(fixture.pool, id)).state).toBe('done');
  expect(await leadership()).toMatchObject({ holder: hero, source: 'operation' });
  expect((await audits(id)).map(({ action, outcome }) => [action, outcome])).toEqual([
    ['operation.run', 'started'],
    ['operation.run', 'done'],
  ]);
});
