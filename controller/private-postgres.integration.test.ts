import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyMigrations } from '../lib/db/ground/migrations.ts';
import { freePort, query, waitFor } from '../test/live-postgres.ts';
import { chooseBinaries, listBinaries } from './private-database/binaries.ts';
import { isAlive, runningPostmaster } from './private-database/leftover.ts';
import { startPrivatePostgres } from './private-postgres.ts';
import type { PrivatePostgres } from './private-postgres.ts';

const root = process.getuid?.() === 0;
let dir: string;
let log: string[];
let running: PrivatePostgres[];

beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'farshore-private-'));
  chmodSync(dir, 0o755);
  log = [];
  running = [];
});
afterEach(async () => {
  for (const database of running) await database.stop();
  rmSync(dir, { recursive: true, force: true });
});

const databaseDir = (): string => path.join(dir, 'state', 'database');
async function start(options: { port?: number } = {}): Promise<PrivatePostgres> {
  const database = await startPrivatePostgres({ dir: databaseDir(), log: (line) => log.push(line), ...options });
  running.push(database);
  return database;
}

test('is made once, kept between starts, private, and durable', async () => {
  const first = await start();
  await applyMigrations(first.url);
  await query(first.url, `INSERT INTO cluster (slug, name) VALUES ('kept', 'Kept')`);
  expect(await query(first.url, `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit`)).toEqual([
    { fsync: 'on', commit: 'on' },
  ]);
  expect(await query(first.url, 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user')).toEqual([{ rolsuper: false }]);
  expect(statSync(path.join(databaseDir(), 'passwords.json')).mode & 0o777).toBe(0o600);
  expect(statSync(databaseDir()).mode & 0o077).toBe(0);
  await first.stop();
  expect(runningPostmaster(path.join(databaseDir(), 'data'))).toBeNull();
  const second = await start();
  expect(second.port).toBe(first.port);
  expect(await query(second.url, 'SELECT slug FROM cluster')).toEqual([{ slug: 'kept' }]);
});

test('asks for a password, and the web role can’t make tables', async () => {
  const database = await start();
  const wrong = new URL(database.url);
  wrong.password = 'wrong';
  await expect(query(wrong.toString(), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  await expect(query(database.webUrl, 'CREATE TABLE x (id int)')).rejects.toMatchObject({ code: '42501' });
});

test('a second Farshore on the same directory is told which one is in the way, and harms nothing', async () => {
  const database = await start();
  await expect(start()).rejects.toThrow(new RegExp(`Another Farshore \\(pid ${process.pid}\\) uses .*FARSHORE_DIR`));
  expect(await query(database.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('what a killed Farshore left running is stopped and started again, with everything committed', async () => {
  const script = `
    import { startPrivatePostgres } from ${JSON.stringify(path.join(import.meta.dirname, 'private-postgres.ts'))};
    const database = await startPrivatePostgres({ dir: ${JSON.stringify(databaseDir())} });
    console.log(database.url);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const url = line.toString().trim();
  await query(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const postmaster = runningPostmaster(path.join(databaseDir(), 'data'));
  expect(postmaster).not.toBeNull();
  const database = await start();
  expect(log.join('\n')).toContain(`earlier start left behind (pid ${postmaster})`);
  expect(await query(database.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
});

test('recovers after the server itself was killed', async () => {
  const database = await start();
  await query(database.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  const postmaster = runningPostmaster(path.join(databaseDir(), 'data')) ?? 0;
  process.kill(postmaster, 'SIGQUIT');
  await waitFor('the server to end', () => !isAlive(postmaster));
  const again = await start();
  expect(await query(again.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
});

test('a pid file that names a stranger is removed', async () => {
  const database = await start();
  await database.stop();
  const stranger = spawn('sleep', ['60'], { cwd: '/' });
  try {
    writeFileSync(path.join(databaseDir(), 'data', 'postmaster.pid'), `${stranger.pid}\n${databaseDir()}/data\n0\n5432\n`);
    await start();
    expect(log).toContain('Removed a stale postmaster.pid.');
    expect(isAlive(stranger.pid ?? 0)).toBe(true);
  } finally {
    stranger.kill();
  }
});

test('a taken port gives another one, and says so', async () => {
  const port = await freePort();
  const squatter = net.createServer().listen(port, '127.0.0.1');
  await once(squatter, 'listening');
  try {
    const database = await start({ port });
    expect(database.port).not.toBe(port);
    expect(log.join('\n')).toContain(`Port ${port} is taken`);
  } finally {
    squatter.close();
  }
});

test('an interrupted first start is begun again', async () => {
  mkdirSync(path.join(databaseDir(), 'data.new', 'base'), { recursive: true });
  await start();
  expect(readdirSync(databaseDir())).not.toContain('data.new');
  expect(existsSync(path.join(databaseDir(), 'initdb-password'))).toBe(false);
});

describe('refuses, naming the thing and the way out', () => {
  test.runIf(root)('a directory that the OS user postgres can’t enter', async () => {
    const closed = path.join(dir, 'home');
    mkdirSync(closed, { mode: 0o700 });
    const attempt = startPrivatePostgres({ dir: path.join(closed, 'farshore', 'database') });
    await expect(attempt).rejects.toThrow(new RegExp(`may not enter ${closed}\\..*--dir or FARSHORE_DIR.*chmod o\\+x ${closed}$`));
  });

  test('lost passwords', async () => {
    await (await start()).stop();
    rmSync(path.join(databaseDir(), 'passwords.json'));
    await expect(start()).rejects.toThrow(/passwords.*are gone.*Restore that file/);
  });

  test('a damaged data directory, with what PostgreSQL said', async () => {
    await (await start()).stop();
    rmSync(path.join(databaseDir(), 'data', 'global', 'pg_control'));
    await expect(start()).rejects.toThrow(/ended at once\. It said:\n.*pg_control/s);
  });

  test('missing and too old binaries, and data of a version that is not installed', async () => {
    expect(() => chooseBinaries([], null)).toThrow(/no PostgreSQL server.*apt-get install postgresql/);
    expect(() => chooseBinaries([{ dir: '/x', majorVersion: 13 }], null)).toThrow(/14 or newer.*only PostgreSQL 13/);
    expect(() => chooseBinaries([{ dir: '/x', majorVersion: 17 }], 15)).toThrow(/made by PostgreSQL 15.*installed: 17.*postgresql-15/);
    expect(await listBinaries('', '/nowhere')).toEqual([]);
    const found = await listBinaries();
    expect(chooseBinaries(found, null)).toEqual(found[0]);
  });
});
