import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { serverOwner, waitFor } from '../../../test/live-postgres.ts';
import { slotOf, startFleet } from '../../../test/replicated-pair.ts';
import type { FleetNode, ReplicatedFleet } from '../../../test/replicated-pair.ts';

const A = 'aws-use1-a';
const B = 'aws-use1-b';
const PGBACKREST = '/usr/bin/pgbackrest';

describe.skipIf(!existsSync(PGBACKREST))('restore_command is held for a change of primary', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'farshore-archive-'));
  const configFile = path.join(directory, 'pgbackrest.conf');
  const command = `pgbackrest --config=${configFile} --stanza=pair archive-get %f "%p"`;
  let fleet: ReplicatedFleet;
  let standby: FleetNode;

  const backrest = (...args: string[]) =>
    execFileSync(PGBACKREST, [`--config=${configFile}`, '--stanza=pair', ...args], { ...serverOwner(), cwd: '/', stdio: 'pipe' });
  const setting = async (): Promise<unknown> => (await standby.sql('SHOW restore_command'))[0]?.['restore_command'];
  const becomes = (value: string): Promise<boolean> => waitFor(`restore_command = '${value}'`, async () => (await setting()) === value);
  const inAutoConf = (): string[] =>
    readFileSync(path.join(standby.dataDirectory, 'postgresql.auto.conf'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('restore_command'));
  const holdFile = (): string => path.join(standby.home, 'state', 'archive-hold.json');

  beforeAll(async () => {
    const agentToml = (): string => `[backup]\nstanza = "pair"\nconfig = "${configFile}"\ncommand = "${PGBACKREST}"`;
    fleet = await startFleet({ standbys: [B], settings: { restore_command: command }, agentToml });
    standby = fleet.node(B);
    for (const name of ['repository', 'lock', 'spool', 'log']) mkdirSync(path.join(directory, name));
    const paths = ['lock', 'spool', 'log'].map((name) => `${name}-path=${path.join(directory, name)}`);
    const lines = ['[global]', `repo1-path=${path.join(directory, 'repository')}`, ...paths, 'log-level-file=off', '[pair]'];
    writeFileSync(configFile, [...lines, `pg1-path=${standby.dataDirectory}`, ''].join('\n'));
    const owner = serverOwner();
    const owned = ['', 'repository', 'lock', 'spool', 'log', 'pgbackrest.conf'].map((name) => path.join(directory, name));
    if (owner !== null) for (const name of owned) chownSync(name, owner.uid, owner.gid);
    backrest('--no-online', 'stanza-create');
  });
  beforeEach(async () => {
    await standby.perform('hold-archive-restore', { held: false });
    await standby.sql('ALTER SYSTEM RESET restore_command');
    await standby.sql('SELECT pg_reload_conf()');
    await becomes(command);
  });
  afterAll(async () => {
    await fleet?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test('held, repeated, put back where it stood', async () => {
    expect(await standby.perform('hold-archive-restore', { held: true })).toEqual({ held: true, reason: null });
    expect(await setting()).toBe('');
    expect(await standby.perform('hold-archive-restore', { held: true })).toEqual({ held: true, reason: null });
    expect(JSON.parse(readFileSync(holdFile(), 'utf8'))).toMatchObject({ own: null, command });
    expect(await standby.perform('hold-archive-restore', { held: false })).toEqual({ held: false, reason: null });
    await becomes(command);
    expect(inAutoConf()).toEqual([]);
    expect(await standby.perform('hold-archive-restore', { held: false })).toEqual({ held: false, reason: 'Nothing was held.' });
  });

  test('what ALTER SYSTEM had set is set again; what somebody sets meanwhile stays', async () => {
    const own = `${command} --process-max=2`;
    await standby.sql(`ALTER SYSTEM SET restore_command = '${own}'`);
    await standby.sql('SELECT pg_reload_conf()');
    await becomes(own);
    expect((await standby.perform('hold-archive-restore', { held: true })).held).toBe(true);
    await standby.perform('hold-archive-restore', { held: false });
    await becomes(own);
    expect(inAutoConf()).toEqual([`restore_command = '${own}'`]);

    expect((await standby.perform('hold-archive-restore', { held: true })).held).toBe(true);
    await standby.sql(`ALTER SYSTEM SET restore_command = 'false'`);
    await standby.perform('hold-archive-restore', { held: false });
    expect(inAutoConf()).toEqual([`restore_command = 'false'`]);
    expect(existsSync(holdFile())).toBe(false);
  });

  test('a node that is started as a standby has its archive again', async () => {
    expect((await standby.perform('hold-archive-restore', { held: true })).held).toBe(true);
    await standby.perform('fence', {});
    await standby.perform('start-standby', { upstream: A, slot: slotOf(B) });
    expect(await setting()).toBe(command);
    expect(existsSync(holdFile())).toBe(false);
    await waitFor('it to stream', async () => (await standby.perform('report', {})).report.receiving === true);
  });

  test('not held, with the reason, where the archive cannot be asked or must be seen', async () => {
    expect((await fleet.node(A).perform('hold-archive-restore', { held: true })).reason).toMatch(/not a standby/);
    await standby.sql(`ALTER SYSTEM SET restore_command = 'cp ${fleet.archive}/%f %p'`);
    await standby.sql('SELECT pg_reload_conf()');
    await waitFor('the other command', async () => (await setting()) !== command);
    expect((await standby.perform('hold-archive-restore', { held: true })).reason).toMatch(/not a plain call of pgbackrest/);
    await standby.sql(`ALTER SYSTEM SET restore_command = ''`);
    await standby.sql('SELECT pg_reload_conf()');
    await becomes('');
    expect((await standby.perform('hold-archive-restore', { held: true })).reason).toMatch(/nothing to hold/);
    expect(existsSync(holdFile())).toBe(false);
  });

  test('a later timeline in the archive: its number must not be used twice', async () => {
    const history = path.join(directory, '00000002.history');
    writeFileSync(history, '1\t0/3000000\tno recovery target specified\n', { mode: 0o644 });
    backrest('archive-push', history);
    expect((await standby.perform('hold-archive-restore', { held: true })).reason).toMatch(/holds a timeline 2 already/);
    expect(await setting()).toBe(command);
    rmSync(path.join(directory, 'repository'), { recursive: true, force: true });
    expect((await standby.perform('hold-archive-restore', { held: true })).reason).toMatch(/is unknown: pgbackrest archive-get ended/);
  });
});
