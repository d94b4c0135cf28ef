/**
 * Starts a server that nobody shares and that shares nothing: own data directory, port and socket in a private directory, no network, no
 * archive, no upstream, no slots. It is an instance like any other to a performer, until it is removed.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { Instance } from '../../instance.ts';
import { startupOptions } from '../../observe/connection.ts';
import { PerformFailed } from '../performer.ts';
import type { PerformContext } from '../performer.ts';
import { abortedFailure, pollUntil, untilWithin } from '../postgres/connection/waiting.ts';
import { ownerOf, programOf } from '../postgres/directory/node-paths.ts';
import { endOf, environmentOf } from '../postgres/process/programs.ts';
import { stopByForce } from '../postgres/process/server-process.ts';

/** It listens on no network: its socket directory is its own, and so is the port. */
const PORT = 5432;
const READY_POLL_MS = 50;
const CONNECT_TIMEOUT_MS = 5000;
const STATEMENT_TIMEOUT_MS = 60_000;
const QUIT_GRACE_MS = 500;
const KILL_DEADLINE_MS = 5000;
const LOG_END_CHARACTERS = 800;
/** Of the original: an automatic start, streaming, a recovery target, slots. */
const NOT_ITS_OWN = ['postmaster.pid', 'standby.signal', 'recovery.signal', 'pg_replslot'];

export interface Throwaway {
  instance: Instance;
  /** The name of a superuser that may log in: the bootstrap superuser need not be called postgres. */
  superuser: string;
  /** The caller ends it. */
  connect: (user: string, database: string) => Promise<pg.Client>;
  /** Stops the server and removes all that was made. */
  remove: () => Promise<void>;
}

export interface ThrowawayPlan {
  /** Private; must not exist, or be left from an earlier attempt. Its parent must exist. */
  directory: string;
  /** Makes the data directory (a copy, a restore). The owner of what it makes runs the server. */
  fill: (dataDirectory: string) => Promise<void>;
  /** Added to the settings that isolate it, which it can't override. */
  settings: Readonly<Record<string, string>>;
  /** Roles that the data directory may hold, to ask who is superuser. */
  knownRoles: readonly string[];
}

/** A socket's path may have 107 bytes, and where things are kept may be deeper than that. */
const socketDirectoryOf = (directory: string): string =>
  path.join(tmpdir(), `farshore-throwaway-${createHash('sha256').update(directory).digest('hex').slice(0, 16)}`);

function instanceIn(directory: string, context: PerformContext): Instance {
  return {
    dataDirectory: path.join(directory, 'data'),
    host: socketDirectoryOf(directory),
    port: PORT,
    database: context.instance.database,
    binDirectory: context.instance.binDirectory,
    stateDirectory: directory,
    logFile: path.join(directory, 'server.log'),
  };
}

/** Keeps the instance apart from everything else. */
const isolation = (directory: string): Record<string, string> => ({
  listen_addresses: '',
  port: String(PORT),
  unix_socket_directories: socketDirectoryOf(directory),
  hba_file: path.join(directory, 'hba.conf'),
  ident_file: path.join(directory, 'ident.conf'),
  archive_mode: 'off',
  primary_conninfo: '',
  primary_slot_name: '',
  max_wal_senders: '0',
  synchronous_standby_names: '',
  shared_preload_libraries: '',
  ssl: 'off',
  lc_messages: 'C',
  timezone: 'UTC',
});

const configurationText = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`)
    .join('\n');

/** @throws when somebody else made the socket directory: it lies where everybody may write. */
function makeOwnFiles(plan: ThrowawayPlan, dataDirectory: string): void {
  const { directory, settings } = plan;
  const owner = ownerOf(dataDirectory);
  const sockets = socketDirectoryOf(directory);
  // PostgreSQL starts in no other; what fills it may have gone by a umask.
  chmodSync(dataDirectory, 0o700);
  mkdirSync(sockets, { mode: 0o700 });
  if (owner !== null) chownSync(sockets, owner.uid, owner.gid);
  for (const name of NOT_ITS_OWN) rmSync(path.join(dataDirectory, name), { recursive: true, force: true });
  mkdirSync(path.join(dataDirectory, 'pg_replslot'), { mode: 0o700 });
  if (owner !== null) chownSync(path.join(dataDirectory, 'pg_replslot'), owner.uid, owner.gid);
  writeFileSync(path.join(dataDirectory, 'postgresql.auto.conf'), '', { mode: 0o600 });
  const files = {
    'postgresql.conf': `${configurationText({ ...settings, ...isolation(directory) })}\n`,
    'hba.conf': 'local all all trust\n',
    'ident.conf': '',
  };
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(directory, name);
    writeFileSync(file, content, { mode: 0o600 });
    if (owner !== null) chownSync(file, owner.uid, owner.gid);
  }
}

function start(instance: Instance, directory: string, dataDirectory: string): ChildProcess {
  const log = openSync(instance.logFile, 'a', 0o600);
  try {
    return spawn(programOf(instance, 'postgres'), ['-D', dataDirectory, '-c', `config_file=${path.join(directory, 'postgresql.conf')}`], {
      ...ownerOf(dataDirectory),
      cwd: '/',
      stdio: ['ignore', log, log],
      detached: true,
      env: environmentOf(),
    });
  } finally {
    closeSync(log);
  }
}

async function open({ host, port }: Instance, user: string, database: string): Promise<pg.Client> {
  const client = new pg.Client({
    ...{ host, port, user, database },
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    options: startupOptions(),
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const SUPERUSER = 'select rolname as name from pg_roles where rolsuper and rolcanlogin order by oid limit 1';

/** Every role may read who is superuser, and everybody on this socket is let in. `null` = the server takes no connections yet. */
async function findSuperuser(instance: Instance, knownRoles: readonly string[]): Promise<string | null> {
  for (const role of knownRoles) {
    const client = await open(instance, role, instance.database).catch(() => null);
    if (client === null) continue;
    try {
      const [found] = (await client.query<{ name: string }>(SUPERUSER)).rows;
      if (found === undefined)
        throw new PerformFailed('server-error', 'No superuser of the copy may log in: its tables cannot be opened for reading.', false);
      return found.name;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  return null;
}

/** Removes what an earlier attempt left, server included. */
async function remove(directory: string): Promise<void> {
  const dataDirectory = path.join(directory, 'data');
  if (existsSync(dataDirectory)) await stopByForce(dataDirectory, QUIT_GRACE_MS, KILL_DEADLINE_MS);
  rmSync(directory, { recursive: true, force: true });
  rmSync(socketDirectoryOf(directory), { recursive: true, force: true });
}

/**
 * Makes it and waits until it takes connections.
 * @throws {PerformFailed} when it does not come up. Then nothing of it is left.
 */
export async function startThrowaway(context: PerformContext, plan: ThrowawayPlan): Promise<Throwaway> {
  const { directory, fill, knownRoles } = plan;
  await remove(directory);
  mkdirSync(directory, { mode: 0o700 });
  const owner = context.instance.dataDirectory === null ? null : ownerOf(context.instance.dataDirectory);
  if (owner !== null) chownSync(directory, owner.uid, owner.gid);
  const instance = instanceIn(directory, context);
  const dataDirectory = path.join(directory, 'data');
  try {
    await fill(dataDirectory);
    makeOwnFiles(plan, dataDirectory);
    const server = start(instance, directory, dataDirectory);
    let ended = false;
    server.once('exit', () => (ended = true));
    server.once('error', () => (ended = true));
    const superuser = await pollUntil({ signal: context.signal, untilMs: untilWithin(context), everyMs: READY_POLL_MS }, async () =>
      ended ? false : findSuperuser(instance, knownRoles),
    );
    if (superuser === null) throw abortedFailure(context.signal, 'waiting for the copy to recover', false);
    if (superuser === false) {
      const said = endOf(readFileSync(instance.logFile, 'utf8'), LOG_END_CHARACTERS);
      throw new PerformFailed('program-failed', `The copy did not start: ${said}`, false);
    }
    return {
      instance,
      superuser,
      connect: (user, database) => open(instance, user, database),
      remove: () => remove(directory),
    };
  } catch (error) {
    await remove(directory);
    throw error;
  }
}
