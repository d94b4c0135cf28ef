/**
 * Runs the private control database of a single-host installation: a PostgreSQL of Farshore's own under its state directory, made at the
 * first start and used again later. Reached on loopback (and a Unix socket) with generated passwords; durable like any other.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { DATABASE, OWNER, WEB_ROLE, closePublicSchema, ensureRoles } from '../lib/db/ground/private-roles.ts';
import { chooseBinaries, listBinaries } from './private-database/binaries.ts';
import { SUPERUSER, initialise, openSecrets, pathsIn, writePrivate } from './private-database/directory.ts';
import type { Paths, Secrets } from './private-database/directory.ts';
import { clearLeftover, runningPostmaster, startTicks, stopPostmaster } from './private-database/leftover.ts';
import { requireEnterable, serverUser } from './private-database/os-user.ts';
import type { OsUser } from './private-database/os-user.ts';
import { choosePort } from './private-database/port.ts';

/** Crash recovery replays at most `max_wal_size` of WAL. */
const START_TIMEOUT_MS = 120_000;
const POLL_INTERVAL_MS = 30;
/** `sun_path` holds 107 bytes; `/.s.PGSQL.65535` takes 16 of them. */
const SOCKET_DIR_LENGTH_MAX = 90;
const LOG_TAIL_LINES = 15;

/** Sized for a fleet of hundreds on a shared host; everything that makes it durable is as PostgreSQL ships it. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  max_connections: '60',
  shared_buffers: '64MB',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_compression: 'on',
  checkpoint_timeout: '15min',
  max_wal_size: '1GB',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
  log_timezone: 'UTC',
  jit: 'off',
  logging_collector: 'on',
  log_filename: 'postgresql-%a.log',
  log_rotation_age: '1d',
  log_truncate_on_rotation: 'on',
  log_line_prefix: '%m [%p] %q%u@%d ',
  log_lock_waits: 'on',
  log_checkpoints: 'off',
};

export interface PrivatePostgresOptions {
  /** Where data, passwords and the socket are kept; made when absent. Under root, the OS user `postgres` must be able to enter it. */
  dir: string;
  /** Wanted port; when it is taken, another is used and logged. Default: the one of the last start. */
  port?: number;
  log?: (line: string) => void;
}

export interface PrivatePostgres {
  /** As the owner of the database: for the controller. */
  url: string;
  /** As `farshore_web`, which holds nothing until `applyGrants`. */
  webUrl: string;
  port: number;
  /** Fast shutdown; resolves when the server has ended. */
  stop(): Promise<void>;
}

function logTail(paths: Paths): string {
  const text = existsSync(paths.startLog) ? readFileSync(paths.startLog, 'utf8').trim() : '';
  return text.split('\n').slice(-LOG_TAIL_LINES).join('\n');
}

function spawnServer(binDir: string, user: OsUser | null, paths: Paths, port: number): ChildProcess {
  const socketDir = paths.dir.length <= SOCKET_DIR_LENGTH_MAX ? paths.dir : '';
  const settings = { ...SETTINGS, port: String(port), unix_socket_directories: socketDir };
  const args = ['-D', paths.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const output = openSync(paths.startLog, 'w', 0o600);
  // In a process group of its own: Ctrl-C must reach the controller first, which still has samples to store.
  const child = spawn(path.join(binDir, 'postgres'), args, {
    ...(user ?? {}),
    cwd: '/',
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);
  child.on('error', () => undefined);
  child.unref();
  return child;
}

const urlFor = (user: string, password: string, port: number, database: string): string =>
  `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`;

/** Connects as superuser once the server accepts; `null` when it ended instead. */
async function firstConnection(child: ChildProcess, secrets: Secrets, port: number): Promise<pg.Client | null> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return null;
    const client = new pg.Client({
      connectionString: urlFor(SUPERUSER, secrets.superuser, port, 'postgres'),
      connectionTimeoutMillis: 2_000,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (performance.now() > deadline) {
        throw new Error(`The private control database did not accept connections within ${START_TIMEOUT_MS / 1000} s: ${String(error)}`, {
          cause: error,
        });
      }
      await delay(POLL_INTERVAL_MS);
    }
  }
}

async function closeOpenSchema(secrets: Secrets, port: number): Promise<void> {
  const client = new pg.Client({ connectionString: urlFor(SUPERUSER, secrets.superuser, port, DATABASE) });
  await client.connect();
  try {
    await closePublicSchema(client);
  } finally {
    await client.end();
  }
}

/**
 * The owner's URL of a private control database that runs, for a program beside the controller.
 * @throws Error when there is none, or it does not run.
 */
export function privateDatabaseUrl(dir: string): string {
  const paths = pathsIn(path.resolve(dir));
  if (!existsSync(paths.secrets) || !existsSync(paths.port)) {
    throw new Error(
      `There is no private control database in ${paths.dir}. Start Farshore there first, set FARSHORE_DIR, or set DATABASE_URL.`,
    );
  }
  if (runningPostmaster(realpathSync(paths.data)) === null) {
    throw new Error(`The private control database in ${paths.dir} does not run. Start Farshore, then try again.`);
  }
  const secrets = JSON.parse(readFileSync(paths.secrets, 'utf8')) as Secrets;
  return urlFor(OWNER, secrets.owner, Number(readFileSync(paths.port, 'utf8')), DATABASE);
}

/**
 * Makes it at the first time, recovers it after a crash. Resolves when it accepts connections. @throws Error with a sentence that names the
 * obstacle and the remedy.
 */
export async function startPrivatePostgres(options: PrivatePostgresOptions): Promise<PrivatePostgres> {
  const log = options.log ?? (() => undefined);
  // Only the directory itself is private: PostgreSQL's OS user must pass through those above it.
  mkdirSync(path.dirname(path.resolve(options.dir)), { recursive: true, mode: 0o755 });
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  const user = serverUser();
  const paths = pathsIn(realpathSync(options.dir));
  if (user !== null) chownSync(paths.dir, user.uid, user.gid);
  await requireEnterable(user, paths.dir);

  const versionFile = path.join(paths.data, 'PG_VERSION');
  const dataVersion = existsSync(versionFile) ? Number(readFileSync(versionFile, 'utf8')) : null;
  const binaries = chooseBinaries(await listBinaries(), dataVersion);
  const secrets = openSecrets(paths);
  if (dataVersion === null) {
    log(`Making the private control database (PostgreSQL ${binaries.majorVersion}) in ${paths.data}.`);
    await initialise(binaries.dir, user, paths, secrets);
  } else {
    await clearLeftover(paths, log);
  }

  const port = await choosePort(paths, options.port, log);
  const child = spawnServer(binaries.dir, user, paths, port);
  const stop = async (): Promise<void> => {
    const pid = runningPostmaster(paths.data);
    if (pid === null || pid !== child.pid) return;
    await stopPostmaster(pid);
    rmSync(paths.starter, { force: true });
  };
  try {
    const client = await firstConnection(child, secrets, port);
    if (client === null)
      throw new Error(`The private control database ended at once. It said:\n${logTail(paths)}\nIts log is in ${paths.data}/log.`);
    try {
      await ensureRoles(client, secrets);
    } finally {
      await client.end();
    }
    await closeOpenSchema(secrets, port);
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
  writePrivate(paths.port, String(port));
  writePrivate(paths.starter, JSON.stringify({ pid: process.pid, startTicks: startTicks(process.pid) }));
  return { url: urlFor(OWNER, secrets.owner, port, DATABASE), webUrl: urlFor(WEB_ROLE, secrets.web, port, DATABASE), port, stop };
}
