/**
 * A copy of the data directory, started for reading only: its own socket in a private directory, no network, no archive, no upstream.
 * It recovers to the end of its own WAL, is read, and is removed. The original is never opened for writing.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { ChildProcess } from 'node:child_process';
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { PerformFailed } from '../performer.ts';
import type { PerformContext } from '../performer.ts';
import { abortedFailure, pollUntil, untilWithin } from '../postgres/connection/deadline.ts';
import { dataDirectoryOf, ownerOf, programOf } from '../postgres/directory/node-paths.ts';
import { endOf, environmentOf, runProgram, runToSuccess } from '../postgres/process/programs.ts';
import { stopByForce } from '../postgres/process/server-process.ts';
import { freeBytesOf, makeKeepDirectory } from './diverged-wal.ts';

const PORT = 5432;
/** As initdb names it under the OS user postgres. */
const BOOTSTRAP_SUPERUSER = 'postgres';
const READER = 'farshore_ledger_reader';
const READY_POLL_MS = 50;
const STATEMENT_TIMEOUT_MS = 60_000;
/** Room for what recovery writes. */
const FREE_MARGIN_BYTES = 256 * 1024 * 1024;

export interface PrivateCopy {
  /** A connection that may read every table and nothing else. The caller ends it. */
  connect: (database: string) => Promise<pg.Client>;
  remove: () => Promise<void>;
}

async function sizeOf(context: PerformContext, directory: string): Promise<number> {
  const { stdout } = await runProgram('/usr/bin/du', ['-sbL', directory], { signal: context.signal, owner: null });
  const bytes = Number(stdout.split(/\s/)[0]);
  return Number.isFinite(bytes) && bytes > 0 ? bytes : Number.POSITIVE_INFINITY;
}

/** A socket's path may have 107 bytes, and where things are kept may be deeper than that. */
const socketDirectoryOf = (directory: string): string =>
  path.join(tmpdir(), `farshore-copy-${createHash('sha256').update(directory).digest('hex').slice(0, 16)}`);

/** @throws when somebody else made it: it lies where everybody may write. */
function makeSocketDirectory(directory: string, dataDirectory: string): void {
  const owner = ownerOf(dataDirectory);
  mkdirSync(socketDirectoryOf(directory), { mode: 0o700 });
  if (owner !== null) chownSync(socketDirectoryOf(directory), owner.uid, owner.gid);
}

/** All a server needs that shares nothing with the original. */
const configurationOf = (directory: string): string =>
  Object.entries({
    listen_addresses: '',
    port: String(PORT),
    unix_socket_directories: socketDirectoryOf(directory),
    hba_file: path.join(directory, 'hba.conf'),
    ident_file: path.join(directory, 'ident.conf'),
    max_connections: '20',
    max_prepared_transactions: '100',
    max_worker_processes: '8',
    max_locks_per_transaction: '256',
    max_wal_senders: '0',
    shared_buffers: '32MB',
    dynamic_shared_memory_type: 'mmap',
    archive_mode: 'off',
    restore_command: '',
    primary_conninfo: '',
    primary_slot_name: '',
    shared_preload_libraries: '',
    synchronous_standby_names: '',
    default_transaction_read_only: 'on',
    fsync: 'off',
    full_page_writes: 'off',
    autovacuum: 'off',
    jit: 'off',
    ssl: 'off',
    lc_messages: 'C',
    timezone: 'UTC',
    log_min_messages: 'warning',
  })
    .map(([name, value]) => `${name} = '${value}'`)
    .join('\n');

async function copyDirectory(context: PerformContext, directory: string): Promise<string> {
  const { config, signal } = context;
  const source = dataDirectoryOf(config);
  const copy = path.join(directory, 'data');
  const [needed, free] = [await sizeOf(context, source), await freeBytesOf(path.dirname(directory))];
  if (free < needed + FREE_MARGIN_BYTES)
    throw new PerformFailed(
      'program-failed',
      `A copy to read the rows from needs ${needed + FREE_MARGIN_BYTES} bytes; ${path.dirname(directory)} has ${free} free.`,
      false,
    );
  context.progress('Copying the data directory to read the rows from.', null, needed);
  // Links (pg_wal on a volume of its own, tablespaces) are followed: the copy must share no file with the original.
  await runToSuccess('/bin/cp', ['-a', '-L', '--reflink=auto', source, copy], { signal, owner: ownerOf(source), changed: false });
  for (const name of ['postmaster.pid', 'standby.signal', 'recovery.signal', 'pg_replslot'])
    rmSync(path.join(copy, name), { recursive: true, force: true });
  makeKeepDirectory(path.join(copy, 'pg_replslot'), source);
  writeFileSync(path.join(copy, 'postgresql.auto.conf'), '', { mode: 0o600 });
  return copy;
}

function writeOwnFiles(directory: string, dataDirectory: string): void {
  const owner = ownerOf(dataDirectory);
  const files = { 'postgresql.conf': `${configurationOf(directory)}\n`, 'hba.conf': 'local all all trust\n', 'ident.conf': '' };
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(directory, name);
    writeFileSync(file, content, { mode: 0o600 });
    if (owner !== null) chownSync(file, owner.uid, owner.gid);
  }
}

function start(context: PerformContext, directory: string, copy: string): ChildProcess {
  const log = openSync(path.join(directory, 'server.log'), 'a', 0o600);
  try {
    return spawn(programOf(context.config, 'postgres'), ['-D', copy, '-c', `config_file=${path.join(directory, 'postgresql.conf')}`], {
      ...ownerOf(copy),
      cwd: '/',
      stdio: ['ignore', log, log],
      detached: true,
      env: environmentOf(),
    });
  } finally {
    closeSync(log);
  }
}

async function open(directory: string, user: string, database: string): Promise<pg.Client> {
  const client = new pg.Client({
    host: socketDirectoryOf(directory),
    port: PORT,
    user,
    database,
    connectionTimeoutMillis: 5000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function makeReader(directory: string): Promise<void> {
  const client = await open(directory, BOOTSTRAP_SUPERUSER, 'postgres');
  try {
    await client.query('SET default_transaction_read_only = off');
    // Output functions and casts of the applications' types run while rows are read: never as superuser.
    await client.query(`DROP ROLE IF EXISTS ${READER}`);
    await client.query(`CREATE ROLE ${READER} LOGIN BYPASSRLS IN ROLE pg_read_all_data`);
    const { rows } = await client.query<{ name: string }>('SELECT datname AS name FROM pg_database WHERE datallowconn');
    for (const { name } of rows) await client.query(`GRANT CONNECT ON DATABASE ${client.escapeIdentifier(name)} TO ${READER}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Removes what an earlier attempt left, server included. */
async function removeCopy(directory: string): Promise<void> {
  const copy = path.join(directory, 'data');
  if (existsSync(copy)) await stopByForce(copy, 500, 5000);
  rmSync(directory, { recursive: true, force: true });
  rmSync(socketDirectoryOf(directory), { recursive: true, force: true });
}

/**
 * @param directory private, removed at the end; must not exist, or be left from an earlier attempt.
 * @throws {PerformFailed} when there is no room, or the copy does not come up; nothing of the original was changed.
 */
export async function startPrivateCopy(context: PerformContext, directory: string): Promise<PrivateCopy> {
  await removeCopy(directory);
  makeKeepDirectory(directory, dataDirectoryOf(context.config));
  makeSocketDirectory(directory, dataDirectoryOf(context.config));
  try {
    const copy = await copyDirectory(context, directory);
    writeOwnFiles(directory, copy);
    context.progress('Starting the copy, read only.', null, null);
    const server = start(context, directory, copy);
    let ended = false;
    server.once('exit', () => (ended = true));
    server.once('error', () => (ended = true));
    const ready = await pollUntil({ signal: context.signal, untilMs: untilWithin(context), everyMs: READY_POLL_MS }, async () => {
      if (ended) return false;
      return makeReader(directory).then(
        () => true,
        () => null,
      );
    });
    if (ready === null) throw abortedFailure(context.signal, 'waiting for the copy to recover', false);
    if (!ready)
      throw new PerformFailed(
        'program-failed',
        `The copy did not start: ${endOf(readFileSync(path.join(directory, 'server.log'), 'utf8'), 800)}`,
        false,
      );
    return { connect: (database) => open(directory, READER, database), remove: () => removeCopy(directory) };
  } catch (error) {
    await removeCopy(directory);
    throw error;
  }
}
