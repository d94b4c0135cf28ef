/**
 * A controller that dies before, between and after the commits of every step of a switchover: the next one finds the run as it was and
 * brings it to the same end. Four of a turn by default; FARSHORE_MATRIX=all takes every step and moment.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commandsOf } from '../../lib/db/operations/agent-commands.ts';
import { waitFor } from '../../test/controller-fixture.ts';
import { ControllerProcess, type ControllerSettings } from '../../test/controller-process.ts';
import { CLUSTER, NODES, begunElsewhere, ended, planFor, settled, startScriptedFleet, stepEnds } from '../../test/execution-fixture.ts';
import { IS_WHOLE, TURN, casesOfTurn } from '../../test/extent.ts';
import { freePort, startPostgres, type LivePostgres } from '../../test/live-postgres.ts';
import type { ScriptedFleet } from '../../test/scripted-fleet.ts';

const MOMENTS = ['before', 'sent', 'after'] as const;
const SHARE = { count: 4, everyDays: 1, onDay: 0 };
const [PRIMARY, TARGET] = NODES;

let postgres: LivePostgres;
let pool: pg.Pool;
let settings: ControllerSettings;
let controller: ControllerProcess;
let fleet: ScriptedFleet;

beforeAll(async () => {
  console.log(`turn ${TURN} (FARSHORE_TEST_TURN)`);
  postgres = await startPostgres();
  await postgres.sql('CREATE DATABASE farshore');
  const databaseUrl = postgres.url.replace(/\/postgres$/, '/farshore');
  pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  pool.on('error', () => undefined);
  settings = { databaseUrl, dir: await mkdtemp(path.join(tmpdir(), 'farshore-kill-')), gatewayPort: await freePort() };
  controller = await ControllerProcess.start(settings);
  const gatewayUrl = `https://127.0.0.1:${settings.gatewayPort}`;
  const authority = await readFile(path.join(settings.dir, 'pki/authority.pem'), 'utf8');
  const caPem = /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.exec(authority)?.[0] ?? '';
  fleet = await startScriptedFleet(pool, { gatewayUrl, caPem });
});
afterAll(async () => {
  await fleet?.stop();
  await controller?.stop();
  await pool?.end();
  await postgres?.stop();
  if (settings !== undefined) await rm(settings.dir, { recursive: true, force: true });
});

test(
  'whenever the controller dies, the next one brings the switchover to the same end',
  { timeout: IS_WHOLE ? 1_800_000 : 120_000 },
  async () => {
    let primary: string = PRIMARY;
    let target: string = TARGET;
    const reference = (await planFor(pool, { kind: 'switchover', target })).steps;
    const points = reference.flatMap(({ id }) => MOMENTS.map((moment) => ({ id, moment })));
    const taken = IS_WHOLE ? points : casesOfTurn(points, SHARE, TURN);
    for (const { id, moment } of taken) {
      const others = NODES.filter((name) => name !== target);
      const plan = await planFor(pool, { kind: 'switchover', target });
      // The names of the two change places with each run; the step stays the same.
      const place = reference.findIndex((step) => step.id === id);
      const step = plan.steps[place]?.id ?? id;
      await controller.stop('SIGKILL');
      controller = await ControllerProcess.start(settings, { FARSHORE_KILL_AT: `${step}:${moment}` });
      const before = fleet.performed.length;
      const operation = await begunElsewhere(pool, plan);
      await controller.gone(30_000);
      expect(controller.killed, controller.log.slice(-3_000)).toBe(true);
      controller = await ControllerProcess.start(settings);
      const end = await ended(pool, operation);
      expect(end, `${step}:${moment} ${JSON.stringify(stepEnds(end.events))}`).toMatchObject({ state: 'done' });
      expect(fleet.writable()).toEqual([target]);
      // Every command was performed once for its key, and everything that was begun has an end.
      const keys = fleet.performed.slice(before).filter((one) => one.operation === operation);
      expect(new Set(keys.map(({ step: of, attempt }) => `${of}/${attempt}`)).size).toBe(keys.length);
      expect((await commandsOf(pool, operation)).every(({ resolvedAt }) => resolvedAt !== null)).toBe(true);
      await settled(pool, CLUSTER, target, others);
      [primary, target] = [target, primary];
    }
    const { rows } = await pool.query<{ term: number }>('SELECT term FROM leadership');
    expect(rows[0]?.term).toBe(1 + taken.length);
  },
);

test('a failover whose controller stays away for longer than its commands live asks the standbys again, and finds its primary', async () => {
  const [old = ''] = fleet.writable();
  fleet.server(old).running = false;
  const plan = await waitFor('a plan without the dead primary', async () => {
    const made = await planFor(pool, { kind: 'failover', target: null, fence: 'agent' }).catch(() => null);
    return made?.before.primary === null ? made : null;
  });
  await controller.stop('SIGKILL');
  // The standbys' promises are committed with the end of the fence, and handed to nobody.
  controller = await ControllerProcess.start(settings, { FARSHORE_KILL_AT: `fence-${old}:after` });
  const operation = await begunElsewhere(pool, plan);
  await controller.gone(30_000);
  const promises = async () => (await commandsOf(pool, operation)).filter(({ verb }) => verb === 'promise');
  const areExpired = async () => {
    const given = await promises();
    return given.length > 0 && given.every(({ expiresAt }) => expiresAt.getTime() < Date.now());
  };
  await waitFor('promises that nobody may take up any more', areExpired, 30_000);
  controller = await ControllerProcess.start(settings);
  const end = await ended(pool, operation);
  expect(end, JSON.stringify(stepEnds(end.events))).toMatchObject({ state: 'done' });
  expect((await promises()).map(({ attempt }) => attempt).toSorted()).toEqual([1, 1, 2, 2]);
  expect(fleet.writable()).toHaveLength(1);
  expect(fleet.writable()).not.toContain(old);
});
