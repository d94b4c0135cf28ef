/** A controller whose clock is set while it leads, one that takes over with its clock behind, and a control database from a backup. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadDriven } from '../../lib/db/operations/operations.ts';
import { ageClusterView } from '../../lib/domain/topology/age.ts';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { setShiftedClock, shiftedClock } from '../../test/bad-clock.ts';
import { waitFor } from '../../test/controller-fixture.ts';
import { ControllerProcess, type ControllerSettings } from '../../test/controller-process.ts';
import { CLUSTER, NODES, ended, planFor, request, requestPlan, settled, startScriptedFleet, viewOf } from '../../test/execution-fixture.ts';
import { freePort, startPostgres, type LivePostgres } from '../../test/live-postgres.ts';
import type { ScriptedFleet } from '../../test/scripted-fleet.ts';
import { judgeStart } from './admission.ts';
import { ViewSource } from './view-source.ts';

const TEN_MIN_MS = 600_000;
/** The agents' measurements of the old clock, and the evaluations until a finding is sure. */
const KNOWN_AGAIN_MS = 20_000;
const [A, B, C] = NODES;

let postgres: LivePostgres;
let pool: pg.Pool;
let settings: ControllerSettings;
let clock: Record<string, string>;
let controller: ControllerProcess;
let fleet: ScriptedFleet;

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.sql('CREATE DATABASE farshore');
  const databaseUrl = postgres.url.replace(/\/postgres$/, '/farshore');
  pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  pool.on('error', () => undefined);
  settings = { databaseUrl, dir: await mkdtemp(path.join(tmpdir(), 'farshore-clock-')), gatewayPort: await freePort() };
  clock = shiftedClock(settings.dir, 0);
  controller = await ControllerProcess.start(settings, clock);
  const authority = await readFile(path.join(settings.dir, 'pki/authority.pem'), 'utf8');
  const caPem = /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.exec(authority)?.[0] ?? '';
  fleet = await startScriptedFleet(pool, { gatewayUrl: `https://127.0.0.1:${settings.gatewayPort}`, caPem });
});
afterAll(async () => {
  await fleet?.stop();
  await controller?.stop();
  await pool?.end();
  await postgres?.stop();
  if (settings !== undefined) await rm(settings.dir, { recursive: true, force: true });
});

const knows = (view: ClusterView): boolean => view.nodes.every(({ state }) => state === 'writable' || state === 'streaming');
const isDated = (view: ClusterView, aheadMs: number): boolean => Math.abs(Date.parse(view.computedAt) - Date.now() - aheadMs) < 5_000;

/** Every view from now on is either known and new, or says that it does not know. @returns once it is known by the new clock. */
async function knownAgain(aheadMs: number): Promise<ClusterView> {
  return await waitFor(
    `a view by a clock that is ${aheadMs} ms ahead`,
    async () => {
      const view = await viewOf(pool);
      return view !== null && isDated(view, aheadMs) && knows(view) ? view : null;
    },
    KNOWN_AGAIN_MS,
  );
}
const shownNow = (view: ClusterView): string[] => [...new Set(ageClusterView(view, Date.now()).nodes.map(({ state }) => state))];
const leadership = async () => (await pool.query<{ term: number; holder: string }>('SELECT term, holder FROM leadership')).rows[0];
const fencedOf = (name: string) =>
  waitFor(`${name} to be fenced`, () => (fleet.server(name).authority.role === 'fenced' ? true : null), 15_000);
/** The lowest and the highest number that each node's commands in the database have. */
const ordersGiven = async (): Promise<{ node: string; lowest: number; highest: number }[]> =>
  (
    await pool.query<{ node: string; lowest: number; highest: number }>(
      `SELECT n.name AS node, min(a.command_order)::int AS lowest, max(a.command_order)::int AS highest
       FROM agent_command a JOIN node n ON n.id = a.node_id WHERE a.command_order IS NOT NULL GROUP BY n.name`,
    )
  ).rows;

/** A third node takes writes beside the primary: the controller stops it unasked, and then it is a standby again. */
async function intruderIsFenced(name: string): Promise<void> {
  const primary = fleet.writable()[0] ?? '';
  Object.assign(fleet.server(name), { primary: true, upstream: null, timeline: fleet.server(primary).timeline + 1 });
  await fencedOf(name);
  Object.assign(fleet.server(name), { running: true, primary: false, upstream: primary, timeline: fleet.server(primary).timeline });
  fleet.server(name).authority = { ...fleet.server(name).authority, role: 'follower', fenced: null };
  await settled(
    pool,
    CLUSTER,
    primary,
    NODES.filter((other) => other !== primary),
  );
}

test('set forward and back by ten minutes while it leads: known again in seconds, never shown as live by a right clock, and fence works', async () => {
  for (const aheadMs of [TEN_MIN_MS, -TEN_MIN_MS, 0]) {
    setShiftedClock(settings.dir, aheadMs);
    const view = await knownAgain(aheadMs);
    expect(shownNow(view)).toEqual(aheadMs === 0 ? ['writable', 'streaming'] : ['unknown']);
    await intruderIsFenced(C);
  }
}, 120_000);

test('an operation does not begin on a view that this leadership has not computed, however new it says it is', async () => {
  setShiftedClock(settings.dir, 0);
  await knownAgain(0);
  const plan = await planFor(pool, { kind: 'switchover', target: B });
  const fleetOff = await requestPlan(pool, plan);
  const operation = (await loadDriven(pool, fleetOff))!;
  const judged = judgeStart(pool, operation, plan, Date.now(), new ViewSource());
  expect(await judged).toMatchObject({ verdict: 'wait', sentences: [expect.stringContaining('has not looked at payments yet')] });
  expect(await ended(pool, fleetOff)).toMatchObject({ state: 'done' });
  expect(fleet.writable()).toEqual([B]);
});

test('a controller whose clock is behind by ten minutes takes over: its view stands at once, it switches over and fences', async () => {
  await settled(pool, CLUSTER, B, [A, C]);
  await controller.stop('SIGKILL');
  setShiftedClock(settings.dir, -TEN_MIN_MS);
  controller = await ControllerProcess.start(settings, clock);
  const view = await knownAgain(-TEN_MIN_MS);
  expect(shownNow(view)).toEqual(['unknown']);
  const { id } = await request(pool, { kind: 'switchover', target: A });
  expect(await ended(pool, id)).toMatchObject({ state: 'done' });
  expect(fleet.writable()).toEqual([A]);
  await settled(pool, CLUSTER, A, [B, C]);
  await intruderIsFenced(C);
}, 120_000);

test('a control database from a backup: no number of a command or a term is given twice, and the holder stays', async () => {
  setShiftedClock(settings.dir, 0);
  await knownAgain(0);
  const before = await leadership();
  await controller.stop();
  const given = new Map((await ordersGiven()).map(({ node, highest }) => [node, highest]));
  expect([...given.keys()].toSorted()).toEqual([A, B, C]);
  await pool.query('UPDATE command_order SET reserved = 0');
  await pool.query('DELETE FROM agent_command');
  // Since the backup a term was opened that came to nothing: the standbys have seen it. One agent's word alone raises nothing (docs/decisions/0032).
  for (const name of [B, C]) fleet.server(name).authority.termSeen = (before?.term ?? 0) + 3;
  controller = await ControllerProcess.start(settings, clock);
  await waitFor('the term to be raised', async () => ((await leadership())?.term === (before?.term ?? 0) + 3 ? true : null), 15_000);
  expect((await leadership())?.holder).toBe(before?.holder);
  await settled(pool, CLUSTER, A, [B, C]);
  const again = await ordersGiven();
  expect(again.length).toBeGreaterThan(0);
  for (const { node, lowest } of again) expect(lowest, node).toBeGreaterThan(given.get(node) ?? Number.NaN);
  // An impossible term is not believed.
  fleet.server(C).authority.termSeen = 2_000_000_000;
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(await leadership()).toEqual({ term: (before?.term ?? 0) + 3, holder: before?.holder });
}, 90_000);
