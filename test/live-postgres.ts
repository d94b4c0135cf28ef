/**
 * Private PostgreSQL servers for integration tests: a copy of what a real `initdb` made, real `pg_basebackup`, their own port on loopback, in their own
 * directory under the system's temporary directory. PostgreSQL refuses to run as root, so under root everything is spawned as the
 * OS user `postgres`.
 *
 * Every server that was started here is ended by `stop()`, and at the latest when the test process exits.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
  appendFileSync,
  openSync,
  closeSync,
} from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { startupOptions } from '../agent/observe/connection.ts';
import { describeWait, isWaitOver, patient } from '../setup/patience.ts';
import { makeHostile } from './hostile-database.ts';
import { copyDirectory, initialiseDirectory } from './data-directories.ts';

const run = promisify(execFile);
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
const COMMAND_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 50;
const EVERY_SERVER_IS_HOSTILE = process.env['FARSHORE_TEST_HOSTILE'] === '1';

export type LivePostgresOptions = {
  /** Lines for `postgresql.conf`, over the quick and unsafe defaults of a test server. */
  settings?: Readonly<Record<string, string>>;
  /** The whole `pg_hba.conf`. Default: `trust` for the socket, loopback and replication over both. */
  hba?: readonly string[];
  /** A data directory to begin with a copy of, instead of a new cluster. */
  dataFrom?: string;
  /** Makes a streaming standby of this server by `pg_basebackup` instead of a new cluster. */
  standbyOf?: LivePostgres;
  /** With `standbyOf`: a physical slot that is made on the upstream and used. */
  slotName?: string;
  /** `application_name` of the standby's walreceiver. */
  applicationName?: string;
  /** The owner of its database has turned it against the agent. Default: as FARSHORE_TEST_HOSTILE says, with which any test can be run on such servers. */
  hostile?: boolean;
};

export type LivePostgres = {
  /** Directory of the Unix socket, to be given as `host`. */
  socketDir: string;
  port: number;
  dataDir: string;
  binDir: string;
  /** `postgres://postgres@127.0.0.1:<port>/postgres` (no password: `trust`). */
  url: string;
  /** The postmaster's pid, read from `postmaster.pid`; `null` when it is not running. */
  pid: () => number | null;
  /** One query on a connection of its own, as the superuser `postgres`. Rows as objects. */
  sql: (text: string, values?: readonly unknown[]) => Promise<Record<string, unknown>[]>;
  start: () => Promise<void>;
  /** Ends the server and keeps its directory, so that `start()` works again. */
  halt: (mode?: 'fast' | 'immediate') => Promise<void>;
  /** SIGSTOP to the postmaster alone: it accepts no new connection, those that exist continue. */
  freeze: () => void;
  thaw: () => void;
  serverLog: () => string;
  /** Ends the server, thawing it if need be, and removes its directory. */
  stop: () => Promise<void>;
};

/** The newest PostgreSQL under Debian's layout, or `FARSHORE_TEST_PG_BIN`. */
export function postgresBinDir(): string {
  const chosen = process.env['FARSHORE_TEST_PG_BIN'];
  if (chosen !== undefined) return chosen;
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).filter((name) => /^\d+$/.test(name)) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new Error(`No PostgreSQL server under ${root}. Install postgresql, or set FARSHORE_TEST_PG_BIN.`);
  return path.join(root, newest, 'bin');
}

let cachedOwner: { uid: number; gid: number } | null | undefined;

/** Ids of the OS user that servers run as: `postgres` when we are root, else `null` (ourselves). */
export function serverOwner(): { uid: number; gid: number } | null {
  if (cachedOwner !== undefined) return cachedOwner;
  if (process.getuid?.() !== 0) return (cachedOwner = null);
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('There is no OS user `postgres`, and PostgreSQL refuses to run as root.');
  return (cachedOwner = { uid: Number(uid), gid: Number(gid) });
}

/** A port on 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves with the first truthy answer of `probe`; throws with `what` once `timeoutMs` have passed, on a slow machine more. Errors of `probe` count as not yet. */
export async function waitFor<T>(what: string, probe: () => Promise<T> | T, timeoutMs = 10_000): Promise<NonNullable<T>> {
  const startedAtMs = performance.now();
  let last: unknown = null;
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== null && answer !== undefined && (answer as unknown) !== false) return answer;
    } catch (error) {
      last = error;
    }
    if (await isWaitOver(startedAtMs, timeoutMs))
      throw new Error(
        `Waited ${describeWait(timeoutMs)} without success for: ${what}${last === null ? '' : ` (last error: ${String(last)})`}`,
      );
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
}

const running = new Map<string, () => void>();
let exitHookInstalled = false;

function endAtExit(dir: string, end: () => void): void {
  running.set(dir, end);
  if (exitHookInstalled) return;
  exitHookInstalled = true;
  process.on('exit', () => {
    for (const stopNow of running.values()) stopNow();
  });
}

const INITDB_ARGUMENTS = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-k'];

const DEFAULT_SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "'127.0.0.1'",
  shared_buffers: "'16MB'",
  max_connections: '50',
  fsync: 'off',
  wal_level: 'replica',
  max_wal_senders: '10',
  max_replication_slots: '10',
  hot_standby: 'on',
  wal_retrieve_retry_interval: "'200ms'",
  autovacuum: 'off',
  lc_messages: "'C'",
};

const DEFAULT_HBA = [
  'local all all trust',
  'local replication all trust',
  'host all all 127.0.0.1/32 trust',
  'host replication all 127.0.0.1/32 trust',
];

/** One statement over a connection of its own. */
export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Starts a private server and waits until it accepts queries. Throws with the server's log when it does not start. */
export async function startPostgres(options: LivePostgresOptions = {}): Promise<LivePostgres> {
  const owner = serverOwner();
  const binDir = postgresBinDir();
  const dir = mkdtempSync(path.join(os.tmpdir(), 'farshore-pg-'));
  if (owner !== null) chownSync(dir, owner.uid, owner.gid);
  const dataDir = path.join(dir, 'data');
  const logFile = path.join(dir, 'server.log');
  const port = await freePort();
  const asOwner = { ...(owner ?? {}), cwd: dir, timeout: patient(COMMAND_TIMEOUT_MS) };
  let child: ChildProcess | null = null;

  const serverLog = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
  const pid = (): number | null => (child !== null && child.exitCode === null && child.signalCode === null ? (child.pid ?? null) : null);
  const signal = (name: NodeJS.Signals): void => {
    const id = pid();
    if (id !== null) process.kill(id, name);
  };

  const sql: LivePostgres['sql'] = async (text, values) => {
    const client = new pg.Client({
      host: dir,
      port,
      user: 'postgres',
      database: 'postgres',
      connectionTimeoutMillis: 5000,
      options: startupOptions({ search_path: 'public', statement_timeout: '0' }),
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      const result: unknown = await client.query(text, values === undefined ? [] : [...values]);
      const lastResult = (Array.isArray(result) ? result.at(-1) : result) as { rows: Record<string, unknown>[] };
      return lastResult.rows;
    } finally {
      await client.end();
    }
  };

  const start = async (): Promise<void> => {
    const log = openSync(logFile, 'a');
    const started = spawn(path.join(binDir, 'postgres'), ['-D', dataDir], { ...(owner ?? {}), cwd: dir, stdio: ['ignore', log, log] });
    closeSync(log);
    child = started;
    await waitFor(
      'the server to accept queries',
      async () => {
        if (started.exitCode !== null || started.signalCode !== null) return 'ended';
        await sql('select 1');
        return 'ready';
      },
      START_TIMEOUT_MS,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${serverLog()}`);
    });
    if (started.exitCode !== null) throw new Error(`PostgreSQL ended at once:\n${serverLog()}`);
  };

  const halt: LivePostgres['halt'] = async (mode = 'fast') => {
    if (pid() === null) return;
    signal('SIGCONT');
    signal(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await waitFor('the server to stop', () => pid() === null, STOP_TIMEOUT_MS).catch(async () => {
      signal('SIGQUIT');
      await waitFor('the server to stop at once', () => pid() === null, STOP_TIMEOUT_MS);
    });
  };

  const stop = async (): Promise<void> => {
    await halt('immediate');
    running.delete(dir);
    rmSync(dir, { recursive: true, force: true });
  };

  endAtExit(dir, () => {
    signal('SIGCONT');
    signal('SIGQUIT');
    rmSync(dir, { recursive: true, force: true });
  });

  try {
    const upstream = options.standbyOf;
    if (upstream === undefined) {
      if (options.dataFrom === undefined) await initialiseDirectory(dataDir, binDir, INITDB_ARGUMENTS, owner);
      else await copyDirectory(options.dataFrom, dataDir);
      writeFileSync(path.join(dataDir, 'pg_hba.conf'), `${(options.hba ?? DEFAULT_HBA).join('\n')}\n`);
    } else {
      const conninfo = `host=127.0.0.1 port=${upstream.port} user=postgres application_name=${options.applicationName ?? 'standby'}`;
      const slot = options.slotName === undefined ? [] : ['-C', '-S', options.slotName];
      await run(
        path.join(binDir, 'pg_basebackup'),
        ['-D', dataDir, '-d', conninfo, '-R', '-X', 'stream', '-c', 'fast', '--no-sync', ...slot],
        asOwner,
      );
      if (options.hba !== undefined) writeFileSync(path.join(dataDir, 'pg_hba.conf'), `${options.hba.join('\n')}\n`);
    }
    const settings = { ...DEFAULT_SETTINGS, ...options.settings, port: String(port), unix_socket_directories: `'${dir}'` };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
    appendFileSync(path.join(dataDir, 'postgresql.conf'), `\n${lines.join('\n')}\n`);
    await start();
    if ((options.hostile ?? EVERY_SERVER_IS_HOSTILE) && upstream === undefined && options.dataFrom === undefined)
      await makeHostile(`postgres://postgres@127.0.0.1:${port}/postgres`);
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    socketDir: dir,
    port,
    dataDir,
    binDir,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    pid,
    sql,
    start,
    halt,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    serverLog,
    stop,
  };
}
