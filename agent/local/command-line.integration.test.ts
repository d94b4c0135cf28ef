/** Break-glass on a host whose agent does not run: the command line takes its place on a real standby. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freePort, startPostgres, waitFor } from '../../test/live-postgres.ts';
import type { LivePostgres } from '../../test/live-postgres.ts';
import { startStandInGateway } from '../../test/stand-in-gateway.ts';
import type { StandInGateway } from '../../test/stand-in-gateway.ts';
import { parseConfig } from '../config.ts';
import type { AgentConfig } from '../config.ts';
import { storeIdentity } from '../link/identity.ts';
import { join } from '../link/join.ts';
import { createLog } from '../log.ts';
import { runAgent } from '../run.ts';
import { readStatus, renderStatus } from '../status.ts';
import { actLocally } from './command-line.ts';

let primary: LivePostgres;
let standby: LivePostgres;
let gateway: StandInGateway;
let directory: string;
let config: AgentConfig;
const reason = 'the region of the controller is gone';

beforeAll(async () => {
  primary = await startPostgres();
  await primary.sql(`create role farshore_monitor login in role pg_monitor;
    create role farshore_control login replication in role pg_monitor, pg_signal_backend, pg_checkpoint;
    grant execute on function pg_promote(boolean, integer) to farshore_control`);
  standby = await startPostgres({ standbyOf: primary });
  directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-local-'));
  gateway = await startStandInGateway({ directory: path.join(directory, 'pki') });
  config = parseConfig(
    `[control]\n[peers.node-a]\nhost = "127.0.0.1"\nport = ${primary.port}\n[postgres]\ndata_directory = "${standby.dataDir}"\nbin_directory = "${standby.binDir}"`,
    {
      FARSHORE_AGENT_STATE_DIRECTORY: path.join(directory, 'state'),
      FARSHORE_AGENT_TICK_MS: '200',
      FARSHORE_AGENT_POSTGRES_HOST: standby.socketDir,
      FARSHORE_AGENT_POSTGRES_PORT: String(standby.port),
      FARSHORE_AGENT_HEALTH_HOST: '127.0.0.1',
      FARSHORE_AGENT_HEALTH_PORT: String(await freePort()),
    },
  );
  const token = gateway.makeToken('node-b');
  storeIdentity(config.agent.state_directory, await join({ controllerUrl: gateway.url, serverName: undefined, token, nodeName: 'node-b' }));
});
afterAll(async () => {
  await gateway?.close();
  await standby?.stop();
  await primary?.stop();
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
});

async function act(options: Partial<Parameters<typeof actLocally>[1]>): Promise<{ done: boolean; said: string }> {
  let said = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  try {
    return { done: await actLocally(config, { action: 'promote', reason, confirm: 'bench', force: false, ...options }), said };
  } finally {
    write.mockRestore();
  }
}

test('a standby is promoted only past every doubt, and the controller learns of it by the journal', async () => {
  await waitFor('streaming', async () => (await standby.sql("select 1 from pg_stat_wal_receiver where status = 'streaming'")).length > 0);
  await expect(act({ confirm: undefined })).rejects.toThrow(/--confirm bench/);
  expect(await act({ confirm: 'bank' })).toMatchObject({ done: false, said: expect.stringContaining('“bank” is not “bench”') });
  expect((await act({})).said).toMatch(/still sending WAL.*two primaries/);
  await primary.halt();
  await waitFor('the end of the stream', async () => (await standby.sql('select 1 from pg_stat_wal_receiver')).length === 0);
  const promoted = await act({});
  expect(promoted.said).toMatch(/promotes node-b under term 1[\s\S]*node-b is the primary\. Next:/);
  expect(promoted.done).toBe(true);
  expect(await standby.sql('select pg_is_in_recovery() as r')).toEqual([{ r: false }]);
  expect(renderStatus(await readStatus(config))).toMatch(/leadership\s+leader, term 1 of node-b/);

  const agent = await runAgent(
    config,
    createLog(() => undefined),
  );
  try {
    await waitFor('the journal at the controller', () => gateway.commands.records().some(({ kind }) => kind === 'break-glass'));
    expect(gateway.commands.records().find(({ kind }) => kind === 'break-glass')).toMatchObject({ verb: 'promote', term: 1, note: reason });
    await waitFor('/primary', async () => (await fetch(`http://127.0.0.1:${agent.healthPort}/primary`)).status === 200);
    // And back down, through the agent that runs now.
    expect((await act({ action: 'fence' })).said).toMatch(/stopped and fenced/);
    await waitFor('the end of the server', () => standby.pid() === null);
  } finally {
    await agent.stop();
  }
});
