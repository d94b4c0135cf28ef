/** The agent killed at each point of a command: after its restart the controller has one true answer. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { freePort, startPostgres, waitFor } from '../test/live-postgres.ts';
import type { LivePostgres } from '../test/live-postgres.ts';
import { startStandInGateway } from '../test/stand-in-gateway.ts';
import type { StandInGateway } from '../test/stand-in-gateway.ts';
import { KILL_AT_VARIABLE } from './fault-point.ts';
import { storeIdentity } from './link/identity.ts';
import { join } from './link/join.ts';

let server: LivePostgres;
let gateway: StandInGateway;
let directory: string;
let child: ChildProcess | null = null;

beforeAll(async () => {
  server = await startPostgres();
  await server.sql(`create role farshore_monitor login in role pg_monitor;
    create role farshore_control login replication in role pg_monitor, pg_signal_backend, pg_checkpoint`);
});
afterAll(() => server?.stop());
beforeEach(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-kill-'));
  gateway = await startStandInGateway({ directory: path.join(directory, 'pki') });
  const state = path.join(directory, 'state');
  const toml = [
    `[agent]\nstate_directory = "${state}"`,
    `[postgres]\nhost = "${server.socketDir}"\nport = ${server.port}\ndata_directory = "${server.dataDir}"`,
    `[health]\nhost = "127.0.0.1"\nport = ${await freePort()}\n[control]\n`,
  ];
  writeFileSync(path.join(directory, 'agent.toml'), toml.join('\n'));
  const token = gateway.makeToken('node-a');
  storeIdentity(state, await join({ controllerUrl: gateway.url, serverName: undefined, token, nodeName: 'node-a' }));
});
afterEach(async () => {
  await ended();
  await gateway.close();
  rmSync(directory, { recursive: true, force: true });
});

function startAgent(killAt: string | null): void {
  const environment = { ...process.env, ...(killAt === null ? {} : { [KILL_AT_VARIABLE]: killAt }) };
  const args = ['agent/main.ts', 'run', '--config', path.join(directory, 'agent.toml')];
  child = spawn(process.execPath, args, { cwd: path.dirname(import.meta.dirname), stdio: 'ignore', env: environment });
}

async function ended(): Promise<void> {
  const running = child;
  child = null;
  if (running === null || running.exitCode !== null || running.signalCode !== null) return;
  const gone = new Promise((resolve) => running.once('exit', resolve));
  running.kill('SIGKILL');
  await gone;
}

test.each([
  ['before', { status: 'failed', code: 'agent-restarted', changed: null }],
  ['after', { status: 'failed', code: 'agent-restarted', changed: null }],
  ['sent', { status: 'done' }],
] as const)('killed at %s', async (point, expected) => {
  const envelope = gateway.commands.envelope('checkpoint', {});
  gateway.commands.give(gateway.commands.sign(envelope));
  startAgent(`checkpoint:${point}`);
  await waitFor('the agent to die', () => child?.signalCode === 'SIGKILL', 20_000);
  expect(gateway.commands.results).toHaveLength(0);
  startAgent(null);
  expect(await gateway.commands.resultOf(envelope.id, 20_000)).toMatchObject(expected);
  // The controller asks again with the next attempt, and that one is performed.
  const again = gateway.commands.envelope('checkpoint', {}, { operation: envelope.operation, attempt: 2 });
  gateway.commands.give(gateway.commands.sign(again));
  expect((await gateway.commands.resultOf(again.id)).status).toBe('done');
  await waitFor('the whole journal', () => gateway.commands.records().length >= 4);
  expect(gateway.commands.records().map(({ kind, attempt }) => `${kind} ${attempt}`)).toEqual([
    'started 1',
    point === 'sent' ? 'done 1' : 'failed 1',
    'started 2',
    'done 2',
  ]);
});

test('killed while a command waits to be delivered, it is performed after the restart, once', async () => {
  startAgent(null);
  await waitFor('the agent', () => gateway.samples.length > 0, 20_000);
  await ended();
  const envelope = gateway.commands.envelope('checkpoint', {});
  gateway.commands.give(gateway.commands.sign(envelope));
  startAgent(null);
  expect((await gateway.commands.resultOf(envelope.id, 20_000)).status).toBe('done');
});
