/** A throwaway instance of a cluster whose bootstrap superuser has another name: isolated, like any instance to a performer, and gone at the end. */
import { execFileSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { postgresBinDir, serverOwner } from '../../../test/live-postgres.ts';
import { parseConfig } from '../../config.ts';
import { configuredInstance } from '../../instance.ts';
import { createLog } from '../../log.ts';
import { startPrivateCopy } from '../ledger/private-copy.ts';
import type { PerformContext } from '../performer.ts';
import { loadPerformer } from '../performers.ts';
import { startThrowaway } from './throwaway-instance.ts';
import type { Throwaway } from './throwaway-instance.ts';

const BIN = postgresBinDir();
const KNOWN_ROLES = ['farshore_monitor', 'boss'];
let home: string;
let context: PerformContext;

/** A data directory that says of itself that it archives and streams, as a copy of a real one does. */
beforeAll(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'farshore-throwaway-test-'));
  const owner = serverOwner();
  if (owner !== null) chownSync(home, owner.uid, owner.gid);
  const dataDirectory = path.join(home, 'data');
  const asOwner = { ...(owner ?? {}), cwd: home };
  execFileSync(path.join(BIN, 'initdb'), ['-D', dataDirectory, '-U', 'boss', '-A', 'trust', '--no-sync', '-E', 'UTF8'], asOwner);
  const sql = `create role farshore_monitor login in role pg_monitor; create role farshore_control login replication in role pg_monitor;`;
  execFileSync(path.join(BIN, 'postgres'), ['--single', '-D', dataDirectory, 'postgres'], {
    ...asOwner,
    input: `${sql.replaceAll('; ', ';\n')}\n`,
  });
  writeFileSync(
    path.join(dataDirectory, 'postgresql.auto.conf'),
    "archive_mode = 'on'\narchive_command = 'false'\nprimary_conninfo = 'host=198.51.100.1'\nprimary_slot_name = 'mine'\nport = '1'\n",
  );
  const config = parseConfig(
    `[control]\n[postgres]\nhost = "${home}"\nport = 1\ndata_directory = "${dataDirectory}"\nbin_directory = "${BIN}"`,
    {
      FARSHORE_AGENT_STATE_DIRECTORY: path.join(home, 'state'),
    },
  );
  context = {
    config,
    instance: configuredInstance(config),
    ...{ nodeName: 'node-a', clusterSlug: 'payments', term: 1, deadlineMs: 600_000, signal: AbortSignal.timeout(600_000) },
    progress: () => undefined,
    directory: { markUnusable: () => undefined, markUsable: () => undefined, unusable: () => null },
    self: { enforceLeadership: () => Promise.resolve(false), leads: () => false, cancel: () => Promise.resolve(false) },
    log: createLog(() => undefined),
  };
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const fill = (copy: string): Promise<void> => {
  cpSync(path.join(home, 'data'), copy, { recursive: true, preserveTimestamps: true });
  const owner = serverOwner();
  if (owner !== null) execFileSync('chown', ['-R', `${owner.uid}:${owner.gid}`, copy]);
  return Promise.resolve();
};
const start = (settings: Record<string, string> = {}): Promise<Throwaway> =>
  startThrowaway(context, { directory: path.join(home, 'throwaway'), fill, settings, knownRoles: KNOWN_ROLES });

test('shares nothing with the original, whatever its files or the caller say', async () => {
  const made = await start({ archive_mode: 'on', primary_conninfo: 'host=198.51.100.1', listen_addresses: '*' });
  const client = await made.connect(made.superuser, 'postgres');
  try {
    expect(made.superuser).toBe('boss');
    const { rows } = await client.query<Record<string, string>>(`select current_setting('archive_mode') as archive,
      current_setting('primary_conninfo') as upstream, current_setting('primary_slot_name') as slot, current_setting('listen_addresses') as listens,
      current_setting('data_directory') as directory, (select count(*) from pg_replication_slots)::text as slots`);
    expect(rows[0]).toEqual({
      ...{ archive: 'off', upstream: '', slot: '', listens: '', slots: '0' },
      directory: path.join(home, 'throwaway', 'data'),
    });
  } finally {
    await client.end();
    await made.remove();
  }
  expect(readFileSync(path.join(home, 'data', 'postgresql.auto.conf'), 'utf8')).toContain("archive_mode = 'on'");
  expect(readdirSync(home).toSorted()).toEqual(['data']);
  expect(existsSync(made.instance.host)).toBe(false);
});

test('is an instance to a performer: it is reported, fenced, and found stopped', async () => {
  const made = await start();
  const ownContext: PerformContext = {
    ...context,
    instance: made.instance,
    config: { ...context.config, control: { ...context.config.control!, user: 'boss' } },
  };
  const report = await loadPerformer('report');
  const fence = await loadPerformer('fence');
  try {
    expect(await report({}, ownContext)).toMatchObject({ report: { running: true, inRecovery: false, timeline: 1 } });
    // The server that the configuration names is another one, and does not run.
    expect(await report({}, context)).toMatchObject({ report: { running: false } });
    expect(await fence({}, ownContext)).toMatchObject({ wasRunning: true });
    expect(await report({}, ownContext)).toMatchObject({ report: { running: false } });
  } finally {
    await made.remove();
  }
});

test('one that does not start leaves nothing, and says why', async () => {
  await expect(start({ shared_buffers: '1 parsec' })).rejects.toThrow(/did not start: .*shared_buffers/s);
  expect(readdirSync(home).toSorted()).toEqual(['data']);
});

test('lost rows are read from it though the superuser is not called postgres', async () => {
  const copy = await startPrivateCopy(context, path.join(home, 'copy'));
  const client = await copy.connect(copy.database);
  try {
    const { rows } = await client.query<Record<string, unknown>>(
      `select current_user as "user", rolsuper from pg_roles where rolname = current_user`,
    );
    expect(rows[0]).toEqual({ user: 'farshore_ledger_reader', rolsuper: false });
    await expect(client.query('create table taken ()')).rejects.toThrow(/read-only|permission/);
  } finally {
    await client.end();
    await copy.remove();
  }
});
