/**
 * Tests of a database whose owner has turned it against the agent (CVE-2018-1058, CVE-2026-55769), and of names made to break out of a statement.
 * Commands on such a server: agent/perform/acting.integration.test.ts; any other test: FARSHORE_TEST_HOSTILE=1.
 */
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NodeFacts } from '../lib/agent-contract/facts.ts';
import { PostgresObservation } from '../lib/agent-contract/observation.ts';
import { SHADOWED, makeHostile } from '../test/hostile-database.ts';
import { serverOwner, startPostgres, waitFor } from '../test/live-postgres.ts';
import type { LivePostgres } from '../test/live-postgres.ts';
import { checkRights } from './check/check.ts';
import { parseConfig } from './config.ts';
import type { AgentConfig } from './config.ts';
import { configuredInstance } from './instance.ts';
import { createLog } from './log.ts';
import { Collector } from './observe/collector.ts';
import { newClient } from './observe/connection.ts';
import { readFacts } from './observe/facts.ts';
import { LastRewindTest } from './observe/facts/last-rewind-test.ts';
import { RepositoryWal } from './observe/facts/repository-wal.ts';
import { Session } from './observe/session.ts';
import { startPrivateCopy } from './perform/ledger/private-copy.ts';
import type { PerformContext } from './perform/performer.ts';

const log = createLog(() => undefined);
const ROLES = `create role farshore_monitor login; grant pg_monitor to farshore_monitor;
  grant select on pg_hba_file_rules to farshore_monitor; grant execute on function pg_hba_file_rules() to farshore_monitor;
  create role farshore_control login replication in role pg_monitor, pg_signal_backend`;
const SPILLED = path.join(os.tmpdir(), `farshore-spilled-${process.pid}`);
const HOSTILE_NAME = `x"'; COPY (SELECT 1) TO PROGRAM 'touch ${SPILLED}'; --\n$$\\ %s <b>`;

let plain: LivePostgres;
let hostile: LivePostgres;
let home: string;

beforeAll(async () => {
  home = mkdtempSync(path.join(os.tmpdir(), 'farshore-hostile-'));
  const owner = serverOwner();
  if (owner !== null) chownSync(home, owner.uid, owner.gid);
  [plain, hostile] = await Promise.all([startPostgres({ hostile: false }), startPostgres({ hostile: false })]);
  await Promise.all([plain.sql(ROLES), hostile.sql(ROLES)]);
});
afterAll(async () => {
  await Promise.all([plain?.stop(), hostile?.stop()]);
  rmSync(home, { recursive: true, force: true });
});

const targetOf = (server: LivePostgres) => ({ host: server.socketDir, port: server.port, user: 'farshore_monitor', database: 'postgres' });

function configOf(server: LivePostgres): AgentConfig {
  const of = `host = "${server.socketDir}"\nport = ${server.port}\ndata_directory = "${server.dataDir}"\nbin_directory = "${server.binDir}"`;
  return parseConfig(`[control]\n[postgres]\n${of}`, { FARSHORE_AGENT_STATE_DIRECTORY: path.join(home, 'state') });
}

async function readAll(server: LivePostgres) {
  const target = targetOf(server);
  const session = new Session(target);
  const stateDirectory = mkdtempSync(path.join(home, 'state-'));
  const collector = new Collector({ session, target, stateDirectory, dataDirectory: server.dataDir, tickMs: 1000, log });
  try {
    const sampled = await waitFor('a sample with a probe', async () => {
      const one = await collector.sample();
      return one.postgres?.writeProbe?.ok === true ? one : null;
    });
    const unread: string[] = [];
    const facts = await readFacts({
      ...{ session, dataDirectory: server.dataDir, binDirectory: server.binDir, logFile: undefined, identity: null, problems: [] },
      backup: configOf(server).backup,
      repositoryWal: new RepositoryWal(),
      lastRewindTest: new LastRewindTest(stateDirectory),
      log: createLog((line) => unread.push(line)),
    });
    return { sampled, facts, unread, rights: await checkRights(session, configOf(server)) };
  } finally {
    collector.probe.end();
    await session.end();
  }
}

/** Without what differs between any two servers. */
function comparable({ sampled, facts, rights }: Awaited<ReturnType<typeof readAll>>) {
  const differs = new Set([
    'port',
    'unix_socket_directories',
    'data_directory',
    'config_file',
    'hba_file',
    'ident_file',
    'external_pid_file',
  ]);
  return {
    settings: facts.settings?.filter(({ name }) => !differs.has(name)),
    hbaRules: facts.hbaRules,
    rewindObstacles: facts.rewindObstacles,
    rights: rights.map(({ subject, verdict }) => [subject, verdict]),
    server: sampled.server,
    keys: Object.entries(sampled.postgres ?? {}).map(([name, value]) => [name, value === null ? null : typeof value]),
  };
}

describe('the owner of the database has shadowed what stands in pg_catalog, and set how values are read and written', () => {
  test('without settings of its own a session falls for it, and the agent’s does not', async () => {
    const before = comparable(await readAll(plain));
    const shadows = await makeHostile(hostile.url);
    expect(shadows.functions).toBeGreaterThan(300);
    expect(shadows.relations).toBeGreaterThan(10);
    expect(shadows.operators).toBeGreaterThan(300);
    expect(shadows.types).toBeGreaterThan(10);

    const trusting = new pg.Client({ ...targetOf(hostile), statement_timeout: 5000, options: '-c idle_session_timeout=0' });
    await trusting.connect();
    await expect(trusting.query('select pg_is_in_recovery()')).rejects.toThrow(SHADOWED);
    await expect(trusting.query('select 1 = 1')).rejects.toThrow(SHADOWED);
    await expect(trusting.query(`select 'a'::text`)).rejects.toThrow(SHADOWED);
    expect((await trusting.query('select count(*)::int as n from pg_stat_replication')).rows).toEqual([{ n: 0 }]);
    await trusting.end();

    const read = await readAll(hostile);
    expect(read.unread).toEqual([]);
    expect(PostgresObservation.parse(read.sampled.postgres)).toEqual(read.sampled.postgres);
    expect(NodeFacts.safeParse(read.facts).error).toBeUndefined();
    expect(comparable(read)).toEqual(before);
  });

  test('the copy that lost rows are read from comes up, and its reader is no superuser', async () => {
    await hostile.halt();
    try {
      const config = configOf(hostile);
      const context: PerformContext = {
        ...{ config, instance: configuredInstance(config), nodeName: 'node-a', clusterSlug: 'payments', term: 1, deadlineMs: 600_000, log },
        ...{ signal: AbortSignal.timeout(600_000), progress: () => undefined },
        directory: { markUnusable: () => undefined, markUsable: () => undefined, unusable: () => null },
        self: { enforceLeadership: () => Promise.resolve(false), leads: () => false, cancel: () => Promise.resolve(false) },
      };
      const copy = await startPrivateCopy(context, path.join(home, 'copy'));
      const client = await copy.connect('postgres');
      try {
        const { rows } = await client.query(`select current_user::text as "user", rolsuper from pg_roles where rolname = current_user`);
        expect(rows).toEqual([{ user: 'farshore_ledger_reader', rolsuper: false }]);
      } finally {
        await client.end();
        await copy.remove();
      }
    } finally {
      await hostile.start();
    }
  });
});

test('names that would break out of a statement are values: role, database, table space, application', async () => {
  const quoted = `"${HOSTILE_NAME.replaceAll('"', '""')}"`.slice(0, 63);
  const name = quoted.endsWith('"') ? quoted : `${quoted.slice(0, 62)}"`;
  await plain.sql(`create role ${name} login`);
  await plain.sql(`create database ${name} owner ${name}`);
  const space = path.join(home, 'space"; $$ %');
  mkdirSync(space);
  const owner = serverOwner();
  if (owner !== null) chownSync(space, owner.uid, owner.gid);
  await plain.sql(`create tablespace ${name} location '${space}'`);
  const guest = newClient({ ...targetOf(plain), user: 'postgres' }, HOSTILE_NAME, false);
  await guest.connect();
  try {
    const { unread, facts, sampled } = await readAll(plain);
    expect(unread).toEqual([]);
    expect(PostgresObservation.parse(sampled.postgres)).toEqual(sampled.postgres);
    expect(facts.settings?.length).toBeGreaterThan(20);
    expect(existsSync(SPILLED)).toBe(false);
  } finally {
    await guest.end();
  }
});
