/** Failovers against scripted agents: fenced by the agent, by the administrator's command, by a person's word; and one that finds nobody. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { lookAhead } from '../../lib/domain/operation/checks/checks.ts';
import { readPlanningInput } from '../../lib/db/operations/planning-input.ts';
import type { FenceMethod } from '../../lib/domain/operation/plan/plan-failover.ts';
import { startControllerFixture, waitFor, type ControllerFixture } from '../../test/controller-fixture.ts';
import {
  CLUSTER,
  NODES,
  ended,
  planFor,
  requestPlan,
  settled,
  startScriptedFleet,
  stepEnds,
  viewOf,
} from '../../test/execution-fixture.ts';
import type { EndedOperation } from '../../test/execution-fixture.ts';
import type { ScriptedFleet } from '../../test/scripted-fleet.ts';

let fixture: ControllerFixture;
let fleet: ScriptedFleet;
let dir: string;
let primary: string = NODES[0];

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'farshore-fence-'));
  const command = path.join(dir, 'fence');
  await writeFile(
    command,
    `#!/bin/sh\necho "$1 $2" >> ${dir}/fenced\n[ -e ${dir}/broken ] && { echo "no power switch answers"; exit 3; }\nexit 0\n`,
  );
  await chmod(command, 0o755);
  fixture = await startControllerFixture({ FARSHORE_FENCE_COMMAND: command });
  fleet = await startScriptedFleet(fixture.pool, fixture.controller);
});
afterAll(async () => {
  await fleet?.stop();
  await fixture?.stop();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  fleet.answer = () => null;
  await settled(fixture.pool, CLUSTER, primary, others(primary));
});

const others = (name: string): string[] => NODES.filter((node) => node !== name);
const leadership = async () =>
  (await fixture.pool.query<{ term: number; holder: string | null }>('SELECT term, holder FROM leadership')).rows[0];

/** Waits until nothing blocks it, as a person does who looks at the page, and runs it. */
async function failOver(fence: FenceMethod): Promise<EndedOperation & { id: string }> {
  const plan = await waitFor(
    'a failover that is not blocked',
    async () => {
      const made = await planFor(fixture.pool, { kind: 'failover', target: null, fence }).catch(() => null);
      const input = await readPlanningInput(fixture.pool, CLUSTER, Date.now());
      return made !== null && input !== null && lookAhead(made, input).blocked.length === 0 ? made : null;
    },
    20_000,
  );
  const id = await requestPlan(fixture.pool, plan);
  const end = { id, ...(await ended(fixture.pool, id)) };
  // A node that is just falling silent changes the plan once more: a person looks at the new one and asks for that.
  return end.outcome?.includes('not as it was') === true ? await failOver(fence) : end;
}

/** The old primary comes back as a standby of the new one, as after a reversion. */
async function rejoin(name: string, to: string): Promise<void> {
  Object.assign(fleet.server(name), { running: true, primary: false, upstream: to, timeline: fleet.server(to).timeline });
  fleet.server(name).authority = { ...fleet.server(name).authority, role: 'follower', leaderTerm: null, fenced: null };
  for (const standby of others(to)) fleet.server(to).slots.add(standby.replaceAll('-', '_'));
  await settled(fixture.pool, CLUSTER, to, others(to));
}

test('the agent of a primary whose server died proves it, and the most advanced standby takes the opened term', async () => {
  const old = primary;
  const before = await leadership();
  fleet.server(old).running = false;
  const end = await failOver('agent');
  expect(end.state, JSON.stringify(stepEnds(end.events))).toBe('done');
  const [winner = ''] = fleet.writable();
  expect(others(old)).toContain(winner);
  expect(await leadership()).toEqual({ term: (before?.term ?? 0) + 1, holder: winner });
  const ofRun = fleet.performed.filter(({ operation }) => operation === end.id);
  expect(new Set(ofRun.map(({ term }) => term))).toEqual(new Set([(before?.term ?? 0) + 1]));
  const verbs = ofRun.map(({ verb }) => verb);
  expect(verbs.indexOf('fence')).toBeLessThan(verbs.indexOf('promise'));
  expect(verbs.lastIndexOf('promise')).toBeLessThan(verbs.indexOf('promote'));
  primary = winner;
  await rejoin(old, winner);
});

test('a primary whose host is gone is cut off by the administrator’s command, and stays fenced when it comes back', async () => {
  const old = primary;
  fleet.silence(old);
  const end = await failOver('command');
  expect(end.state, JSON.stringify(stepEnds(end.events))).toBe('done');
  expect((await readFile(path.join(dir, 'fenced'), 'utf8')).trim()).toBe(`${CLUSTER} ${old}`);
  const [winner = ''] = fleet.writable().filter((name) => name !== old);
  // Its own agent stops it as soon as it hears of the term; here the model does so when it is told.
  fleet.revive(old);
  await waitFor('the fence of the old primary', () => (fleet.writable().includes(old) ? null : true), 15_000);
  expect(fleet.writable()).toEqual([winner]);
  primary = winner;
  await rejoin(old, winner);
});

test('a fence command that fails rolls everything back: the term is given to the old primary', async () => {
  await writeFile(path.join(dir, 'broken'), '');
  const before = await leadership();
  fleet.silence(primary);
  const end = await failOver('command');
  expect(end).toMatchObject({ state: 'rolled-back', outcome: expect.stringContaining('no power switch answers') });
  expect(await leadership()).toEqual({ term: (before?.term ?? 0) + 1, holder: primary });
  fleet.revive(primary);
  await settled(fixture.pool, CLUSTER, primary, others(primary));
  await rm(path.join(dir, 'broken'));
});

test('a person’s statement is recorded as no proof, and without an eligible standby it is rolled back', async () => {
  const old = primary;
  fleet.silence(old);
  fleet.answer = ({ verb }) =>
    verb === 'promise' ? { status: 'refused', code: 'precondition-failed', reason: 'Replay is paused.' } : null;
  const end = await failOver('override');
  expect(end).toMatchObject({ state: 'rolled-back' });
  expect(await leadership()).toMatchObject({ holder: old });
  expect(fleet.performed.some(({ operation, verb }) => operation === end.id && verb === 'promote')).toBe(false);
  fleet.revive(old);
  await settled(fixture.pool, CLUSTER, old, others(old));
  expect((await viewOf(fixture.pool))?.primary).toBe(old);
});
