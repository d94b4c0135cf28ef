import { cpSync, appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schemaDrift } from '../../../prisma/migrate.ts';
import { query, startPostgres } from '../../../test/live-postgres.ts';
import type { LivePostgres } from '../../../test/live-postgres.ts';
import { emptyDatabase } from '../../../test/store.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { applyMigrations, knownMigrations } from './migrations.ts';
import { createPool } from './pool.ts';
import { watchSchema } from './schema-watch.ts';
import type { SchemaComparison } from './schema-watch.ts';

const MIGRATIONS_DIR = path.join(import.meta.dirname, '../../../prisma/migrations');
let server: LivePostgres;
let scratch: string;

beforeAll(async () => {
  server = await startPostgres();
  scratch = mkdtempSync(path.join(os.tmpdir(), 'farshore-migrations-'));
});
afterAll(async () => {
  rmSync(scratch, { recursive: true, force: true });
  await server?.stop();
});

function copyOfMigrations(name: string): string {
  const dir = path.join(scratch, name);
  cpSync(MIGRATIONS_DIR, dir, { recursive: true });
  return dir;
}

test('the migrations make what schema.prisma describes', async () => {
  expect(await schemaDrift(server.url)).toBeNull();
});

test('a second start applies nothing', async () => {
  const url = await emptyDatabase(server);
  const first = await applyMigrations(url);
  expect(first.applied.length).toBeGreaterThan(0);
  expect(await applyMigrations(url)).toEqual({ applied: [], newer: [] });
});

test('five starts at once apply each migration once', async () => {
  const url = await emptyDatabase(server);
  const results = await Promise.all(Array.from({ length: 5 }, () => applyMigrations(url)));
  expect(results.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
});

test('a migration that fails leaves the database as it was, and the others stay', async () => {
  const url = await emptyDatabase(server);
  const dir = copyOfMigrations('failing');
  mkdirSync(path.join(dir, '29991231000000_broken'));
  writeFileSync(path.join(dir, '29991231000000_broken', 'migration.sql'), 'CREATE TABLE half_done (id int); SELECT no_such_function();');
  await expect(applyMigrations(url, dir)).rejects.toThrow(/29991231000000_broken failed and was rolled back.*no_such_function/);
  expect(await query(url, `SELECT to_regclass('half_done') AS half_done, to_regclass('cluster')::text AS cluster`)).toEqual([
    { half_done: null, cluster: 'cluster' },
  ]);
});

/** Released before migrations said it; an applied migration never changes. */
const BEFORE_BREAKING_WAS_SAID = '20261121030000_journal_breaks';

function withFuture(name: string, sql: string): string {
  const dir = copyOfMigrations(name);
  mkdirSync(path.join(dir, '29991231000000_future'));
  writeFileSync(path.join(dir, '29991231000000_future', 'migration.sql'), sql);
  return dir;
}

describe('beside a newer release', () => {
  test('a process starts when nothing newer is breaking, and applies nothing', async () => {
    const url = await emptyDatabase(server);
    await applyMigrations(url, withFuture('additive', '-- breaking: no\nSELECT 1;'));
    expect(await applyMigrations(url)).toEqual({ applied: [], newer: ['29991231000000_future'] });
  });

  test('a process refuses a database that lacks what it needs and has what it does not know', async () => {
    const url = await emptyDatabase(server);
    const dir = withFuture('parted', '-- breaking: no\nSELECT 1;');
    rmSync(path.join(dir, BEFORE_BREAKING_WAS_SAID), { recursive: true });
    for (const later of knownMigrations().filter((name) => name > BEFORE_BREAKING_WAS_SAID))
      rmSync(path.join(dir, later), { recursive: true });
    await applyMigrations(url, dir);
    await expect(applyMigrations(url)).rejects.toThrow(/have parted.*29991231000000_future.*lacks 20261121030000_journal_breaks/);
  });

  test.each([
    ['-- breaking: no', null],
    ['-- breaking: yes, a column is gone', /changed it in a way.*29991231000000_future|29991231000000_future changed it/],
    ['', /29991231000000_future changed it/],
  ])('a process that runs is told of “%s”', async (firstLine, problem) => {
    const url = await emptyDatabase(server);
    await applyMigrations(url);
    const pool = createPool(url, { max: 1, applicationName: 'test' });
    const told: SchemaComparison[] = [];
    const watch = watchSchema({
      ...{ url, client: pool, known: knownMigrations(), applicationName: 'test schema' },
      onCompared: (comparison) => void told.push(comparison),
      onError: () => undefined,
    });
    try {
      while (told.length === 0) await sleep(20);
      expect(told[0]).toEqual({ newer: [], missing: [], problem: null });
      await applyMigrations(url, withFuture(`told-${problem === null}-${firstLine.length}`, `${firstLine}\nSELECT 1;`));
      while (told.length < 2) await sleep(20);
      expect(told.at(-1)).toMatchObject({
        newer: ['29991231000000_future'],
        problem: problem === null ? null : (expect.stringMatching(problem) as string),
      });
    } finally {
      await watch.stop();
      await pool.end();
    }
  });
});

describe('refuses, naming the thing and the way out', () => {
  test('a migration that was changed after it had been applied', async () => {
    const url = await emptyDatabase(server);
    await applyMigrations(url);
    const dir = copyOfMigrations('changed');
    appendFileSync(path.join(dir, '20261121000000_foundation', 'migration.sql'), '-- changed\n');
    await expect(applyMigrations(url, dir)).rejects.toThrow(
      /differs from what the control database has applied.*Install the released version/,
    );
  });

  test('a database that a newer release has changed for good', async () => {
    const url = await emptyDatabase(server);
    await applyMigrations(url, withFuture('newer', '-- breaking: yes, a table is gone\nSELECT 1;'));
    await expect(applyMigrations(url)).rejects.toThrow(/newer than this Farshore.*29991231000000_future/);
  });

  test('a role without privileges', async () => {
    const url = new URL(await emptyDatabase(server));
    await server.sql('CREATE ROLE powerless LOGIN');
    url.username = 'powerless';
    await expect(applyMigrations(url.toString())).rejects.toThrow(/powerless.*GRANT CREATE ON SCHEMA public TO "powerless"/);
  });

  const elsewhere = (change: (url: URL) => void): string => {
    const url = new URL(server.url);
    change(url);
    return url.toString();
  };
  test.each([
    ['a closed port', () => elsewhere((url) => (url.port = '1')), /Nothing listens there/],
    ['a missing database', () => elsewhere((url) => (url.pathname = '/nowhere')), /does not exist.*CREATE DATABASE/],
    ['an unknown user', () => elsewhere((url) => (url.username = 'nobody')), /refuses this user/],
    ['a host that does not resolve', () => elsewhere((url) => (url.hostname = 'nowhere.invalid')), /does not resolve/],
    ['something that is no URL', () => 'not a url', /not a connection URL/],
  ])('%s', async (_what, url, sentence) => {
    await expect(applyMigrations(url())).rejects.toThrow(sentence);
  });

  test('and never shows the password', async () => {
    const url = elsewhere((changed) => {
      changed.port = '1';
      changed.password = 'hunter2';
    });
    await expect(applyMigrations(url)).rejects.toThrow(/^(?!.*hunter2)/s);
  });
});
