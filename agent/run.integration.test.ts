import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startPostgres, waitFor, freePort } from '../test/live-postgres.ts';
import type { LivePostgres } from '../test/live-postgres.ts';
import { startStandInGateway } from '../test/stand-in-gateway.ts';
import type { StandInGateway } from '../test/stand-in-gateway.ts';
import { runChecks } from './check/check.ts';
import { parseConfig } from './config.ts';
import type { AgentConfig } from './config.ts';
import { loadIdentity, storeIdentity } from './link/identity.ts';
import { join } from './link/join.ts';
import { createLog } from './log.ts';
import { runAgent } from './run.ts';
import type { RunningAgent } from './run.ts';
import { readStatus, renderStatus } from './status.ts';

let server: LivePostgres;
let gateway: StandInGateway;
let directory: string;
let agent: RunningAgent | null = null;
const lines: string[] = [];
const log = createLog((line) => lines.push(line));

beforeAll(async () => {
  server = await startPostgres();
  await server.sql('create role farshore_monitor login; grant pg_monitor to farshore_monitor');
});
afterAll(() => server?.stop());
beforeEach(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-run-'));
  gateway = await startStandInGateway({ directory: path.join(directory, 'pki') });
});
afterEach(async () => {
  await agent?.stop();
  agent = null;
  await gateway.close();
  rmSync(directory, { recursive: true, force: true });
});

async function config(): Promise<AgentConfig> {
  return parseConfig(null, {
    FARSHORE_AGENT_STATE_DIRECTORY: path.join(directory, 'state'),
    FARSHORE_AGENT_TICK_MS: '200',
    FARSHORE_AGENT_POSTGRES_HOST: server.socketDir,
    FARSHORE_AGENT_POSTGRES_PORT: String(server.port),
    FARSHORE_AGENT_HEALTH_HOST: '127.0.0.1',
    FARSHORE_AGENT_HEALTH_PORT: String(await freePort()),
  });
}

const joinAs = (nodeName: string, token = gateway.makeToken(nodeName)) =>
  join({ controllerUrl: gateway.url, serverName: undefined, token, nodeName });

async function joinedConfig(): Promise<AgentConfig> {
  const made = await config();
  storeIdentity(made.agent.state_directory, await joinAs('node-a'));
  return made;
}

const sequences = (): number[] => gateway.samples.map(({ sequence }) => sequence);
const withoutGap = (numbers: readonly number[]): boolean => numbers.every((n, index) => index === 0 || n === (numbers[index - 1] ?? 0) + 1);

describe('joining', () => {
  test('stores an identity that only its owner can read', async () => {
    const made = await joinedConfig();
    const file = path.join(made.agent.state_directory, 'identity.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(loadIdentity(made.agent.state_directory)?.identity).toMatch(/^spiffe:\/\//);
  });

  test('sends nothing to a controller that is not the one of the token', async () => {
    const token = gateway.makeToken('node-a').replace(/[0-9a-f]{64}$/, '0'.repeat(64));
    await expect(joinAs('node-a', token)).rejects.toThrow(/Nothing was sent/);
    expect(gateway.counts.requests).toBe(0);
  });

  test('sends nothing to a holder of our certificate under another name', async () => {
    const token = gateway.makeToken('node-a');
    await expect(join({ controllerUrl: gateway.url, serverName: 'other.example', token, nodeName: 'node-a' })).rejects.toThrow(/altnames/);
    expect(gateway.counts.requests).toBe(0);
  });

  test('a token works once', async () => {
    const token = gateway.makeToken('node-a');
    await joinAs('node-a', token);
    await expect(joinAs('node-a', token)).rejects.toThrow(/token is unknown/);
  });
});

describe('a running agent', () => {
  test('sends samples and facts, answers health, and writes nothing to disk while all is acknowledged', async () => {
    const made = await joinedConfig();
    agent = await runAgent(made, log);
    await waitFor(
      'samples with a probe, and facts',
      () => gateway.facts.length > 0 && gateway.samples.some((s) => s.postgres?.writeProbe?.ok === true),
    );
    expect(gateway.samples.at(-1)?.clock.offsetMs).toBeTypeOf('number');
    expect(gateway.facts[0]?.hbaRules).toBeNull();
    expect(gateway.facts[0]?.agentProblems.join()).toMatch(/pg_hba_file_rules/);
    expect(existsSync(path.join(made.agent.state_directory, 'spool', '0000000000000001.jsonl'))).toBe(false);
    const base = `http://127.0.0.1:${agent.healthPort}`;
    const statuses = await Promise.all(
      ['/primary', '/read-write', '/health', '/replica', '/nothing'].map(async (at) => (await fetch(base + at)).status),
    );
    expect(statuses).toEqual([200, 200, 200, 503, 404]);
    expect((await fetch(`${base}/primary`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${base}/replica?lag=many`)).status).not.toBe(200);
    expect(await (await fetch(`${base}/metrics`)).text()).toMatch(/^pg_up 1$/m);
    expect(withoutGap(sequences())).toBe(true);
  });

  test('keeps samples while the controller is away, across its own restart, and back-fills without gap or repetition', async () => {
    const made = await joinedConfig();
    agent = await runAgent(made, log);
    await waitFor('first samples', () => gateway.samples.length >= 3);
    await gateway.close();
    await waitFor('samples on disk', () => (agent?.view().outbox.samples ?? 0) > 8, 15_000);
    await agent.stop();
    agent = await runAgent(made, log);
    const status = await readStatus(made);
    expect(renderStatus(status)).toMatch(/buffer\s+\d+ samples on disk/);
    gateway.loseNextAnswer();
    await gateway.open();
    await waitFor('everything', () => {
      const { samples, memorySamples } = agent?.view().outbox ?? { samples: 1, memorySamples: 1 };
      return samples === 0 && memorySamples <= 1 && agent?.view().link?.state === 'connected';
    });
    expect(withoutGap(sequences())).toBe(true);
    expect(gateway.counts.repeats).toBeGreaterThan(0);
    expect(gateway.instanceIds.size).toBe(2);
  });

  test('gives up only the one sample that the controller refuses', async () => {
    const made = await joinedConfig();
    let bad: number | null = null;
    gateway.refuseSamples(({ sequence }) => sequence === (bad ??= sequence + 3));
    agent = await runAgent(made, log);
    await waitFor('samples after the bad one', () => gateway.samples.some(({ sequence }) => bad !== null && sequence > bad + 2));
    expect(sequences()).not.toContain(bad);
    expect(agent.view().outbox).toMatchObject({ lostSamples: 0, refusedSamples: 1 });
    const aside = readFileSync(path.join(made.agent.state_directory, 'refused', `${String(bad).padStart(16, '0')}.json`), 'utf8');
    expect(JSON.parse(JSON.parse(aside).sample as string)).toMatchObject({ sequence: bad });
    expect(readFileSync(path.join(made.agent.state_directory, 'refused', 'count.json'), 'utf8')).toBe('{"refused":1}\n');
    await waitFor('the count to be reported', () => gateway.samples.at(-1)?.agent?.refusedSamples === 1);
    expect(sequences()).toContain((bad ?? 0) - 1);
    expect(sequences()).toContain((bad ?? 0) + 1);
  });

  test('a locked identity: keeps sampling, is not primary for a load balancer, and says so in status', async () => {
    const made = await joinedConfig();
    gateway.refuseWith({ status: 403, retryable: false });
    agent = await runAgent(made, log);
    await waitFor('the refusal', () => agent?.view().link?.state === 'refused');
    await waitFor('a probe', () => agent?.view().lastCommitAgeMs !== null);
    expect((await fetch(`http://127.0.0.1:${agent.healthPort}/primary`)).status).toBe(503);
    expect(renderStatus(await readStatus(made))).toMatch(/refused since/);
    await waitFor('samples kept', () => (agent?.view().outbox.samples ?? 0) > 5);
  });

  test('a taken health port is named, and observing continues', async () => {
    const made = await joinedConfig();
    const taken = { ...made, health: { host: '127.0.0.1', port: gateway.port } };
    lines.length = 0;
    agent = await runAgent(taken, log);
    expect(agent.healthPort).toBeNull();
    expect(lines.join()).toMatch(new RegExp(`127.0.0.1:${gateway.port} is taken`));
    await waitFor('samples', () => gateway.samples.length > 2);
  });

  test('two agents never share a state directory; one that has stopped leaves it free', async () => {
    const made = await joinedConfig();
    agent = await runAgent(made, log);
    expect(JSON.parse(readFileSync(path.join(made.agent.state_directory, 'run.json'), 'utf8'))).toMatchObject({ pid: process.pid });
    const startedAtMs = performance.now();
    await agent.stop();
    expect(performance.now() - startedAtMs).toBeLessThan(2000);
    expect(existsSync(path.join(made.agent.state_directory, 'run.json'))).toBe(false);
    agent = null;
  });

  test('renews at half of its life', async () => {
    await gateway.close();
    gateway = await startStandInGateway({ directory: path.join(directory, 'pki2'), certificateLifeMs: 4000 });
    const made = await joinedConfig();
    agent = await runAgent(made, log);
    await waitFor('a renewal', () => gateway.counts.renewals > 0, 15_000);
    await waitFor('the new identity on disk', () => loadIdentity(made.agent.state_directory)?.generation === 2);
  });
});

test('check names what is missing and the SQL that mends it', async () => {
  const made = await joinedConfig();
  const results = await runChecks(made);
  const missing = results.filter(({ verdict }) => verdict === 'missing');
  expect(missing.map(({ subject }) => subject)).toEqual(['pg_hba_file_rules']);
  expect(missing[0]?.remedy).toContain('GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO farshore_monitor;');
});
