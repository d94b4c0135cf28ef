/** The agent on a state directory whose volume is full, for real: it keeps sampling, reports the volume, and drops nothing that it can still send. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { freePort, startPostgres, waitFor } from '../test/live-postgres.ts';
import type { LivePostgres } from '../test/live-postgres.ts';
import { startStandInGateway } from '../test/stand-in-gateway.ts';
import type { StandInGateway } from '../test/stand-in-gateway.ts';
import { parseConfig } from './config.ts';
import type { AgentConfig } from './config.ts';
import { storeIdentity } from './link/identity.ts';
import { join } from './link/join.ts';
import { createLog } from './log.ts';
import { runAgent } from './run.ts';
import type { RunningAgent } from './run.ts';

const VOLUME_BYTES = 4 * 1024 * 1024;
const TICK_MS = 200;
/** Mounting needs root; as another user there is no volume to fill. */
const mayMount = process.getuid?.() === 0;

let server: LivePostgres;
let gateway: StandInGateway;
let directory: string;
let state: string;
let agent: RunningAgent | null = null;
const lines: string[] = [];
const log = createLog((line) => lines.push(line));

beforeAll(async () => {
  if (!mayMount) return;
  server = await startPostgres();
  await server.sql('create role farshore_monitor login; grant pg_monitor to farshore_monitor');
});
afterAll(() => server?.stop());
beforeEach(async () => {
  if (!mayMount) return;
  directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-full-'));
  state = path.join(directory, 'state');
  mkdirSync(state, { mode: 0o700 });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${VOLUME_BYTES},mode=0700`, 'farshore-full-disk', state], { stdio: 'pipe' });
  gateway = await startStandInGateway({ directory: path.join(directory, 'pki') });
});
afterEach(async () => {
  if (!mayMount) return;
  await agent?.stop();
  agent = null;
  await gateway.close();
  execFileSync('umount', ['-l', state], { stdio: 'pipe' });
  rmSync(directory, { recursive: true, force: true });
});

async function joinedConfig(): Promise<AgentConfig> {
  const config = parseConfig(null, {
    FARSHORE_AGENT_STATE_DIRECTORY: state,
    FARSHORE_AGENT_TICK_MS: String(TICK_MS),
    FARSHORE_AGENT_POSTGRES_HOST: server.socketDir,
    FARSHORE_AGENT_POSTGRES_PORT: String(server.port),
    FARSHORE_AGENT_HEALTH_HOST: '127.0.0.1',
    FARSHORE_AGENT_HEALTH_PORT: String(await freePort()),
  });
  const token = gateway.makeToken('node-a');
  storeIdentity(state, await join({ controllerUrl: gateway.url, serverName: undefined, token, nodeName: 'node-a' }));
  return config;
}

const ballast = (): string => path.join(state, 'ballast');

/** To the last block, as a log file that nobody rotates would. */
function fill(): void {
  for (let bytes = VOLUME_BYTES; bytes >= 512; bytes /= 2) {
    try {
      for (let count = 0; ; count += 1) writeFileSync(`${ballast()}-${bytes}-${count}`, Buffer.alloc(bytes, 1));
    } catch {
      // This size does not fit any more.
    }
  }
  expect(statfsSync(state).bavail).toBe(0);
}

const free = (): void => execFileSync('sh', ['-c', `rm -f '${ballast()}'-*`]) && undefined;
const sequences = (): number[] => gateway.samples.map(({ sequence }) => sequence);
const withoutGap = (numbers: readonly number[]): boolean => numbers.every((n, index) => index === 0 || n === (numbers[index - 1] ?? 0) + 1);

test.runIf(mayMount)(
  'started and run on a full volume, it samples, reports the volume, back-fills from memory, and numbers on afterwards',
  async () => {
    const config = await joinedConfig();
    fill();
    agent = await runAgent(config, log);
    await waitFor('samples from a full volume that say so', () => gateway.samples.at(-1)?.agent?.stateDirectoryProblem != null, 20_000);
    expect(gateway.samples.at(-1)?.agent?.stateDirectoryProblem).toMatch(
      /state directory .* cannot be written: .* Free space on that volume/,
    );
    await waitFor('an acknowledgement', () => agent?.view().link?.state === 'connected');

    const before = gateway.samples.length;
    await gateway.close();
    await waitFor('samples that wait in memory', () => (agent?.view().outbox.memorySamples ?? 0) > 20, 20_000);
    expect(agent.view().outbox).toMatchObject({ samples: 0, lostSamples: 0 });
    await gateway.open();
    await waitFor('what waited', () => gateway.samples.length > before + 20 && (agent?.view().outbox.memorySamples ?? 9) <= 1, 20_000);
    expect(withoutGap(sequences()), sequences().join(' ')).toBe(true);
    await waitFor('an acknowledgement', () => agent?.view().link?.state === 'connected');
    expect(lines.join('\n')).not.toContain('tick-failed');
    expect(lines.join('\n')).not.toContain('sender-failed');

    free();
    await waitFor('the all-clear', () => gateway.samples.at(-1)?.agent?.stateDirectoryProblem === null, 25_000);
    const highest = Math.max(...sequences());
    await agent.stop();
    agent = await runAgent(config, log);
    await waitFor('samples after a restart', () => Math.max(...sequences()) > highest + 3, 20_000);
    expect(JSON.parse(readFileSync(path.join(state, 'sequence.json'), 'utf8')).reservedThrough).toBeGreaterThan(highest);
    expect(new Set(sequences()).size).toBe(sequences().length);
  },
  120_000,
);
