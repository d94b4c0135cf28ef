/**
 * Copies the data directory into a throwaway instance that is only read: it recovers to the end of its own WAL, is read, and is removed.
 * The original is never opened for writing.
 */
import path from 'node:path';
import type pg from 'pg';
import { PerformFailed } from '../performer.ts';
import type { PerformContext } from '../performer.ts';
import { dataDirectoryOf, ownerOf } from '../postgres/directory/node-paths.ts';
import { runProgram, runToSuccess } from '../postgres/process/programs.ts';
import { startThrowaway } from '../throwaway/throwaway-instance.ts';
import type { Throwaway } from '../throwaway/throwaway-instance.ts';
import { freeBytesOf } from './diverged-wal.ts';

const READER = 'farshore_ledger_reader';
/** Room for what recovery writes. */
const FREE_MARGIN_BYTES = 256 * 1024 * 1024;
/** It recovers and is read by one session: as little as that takes, and nothing durable. */
const SETTINGS = {
  max_connections: '20',
  max_prepared_transactions: '100',
  max_worker_processes: '8',
  max_locks_per_transaction: '256',
  shared_buffers: '32MB',
  dynamic_shared_memory_type: 'mmap',
  restore_command: '',
  default_transaction_read_only: 'on',
  fsync: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  jit: 'off',
  log_min_messages: 'warning',
} as const;

export interface PrivateCopy {
  /** The database that holds the catalog of all others. */
  database: string;
  /** A connection that may read every table and nothing else. The caller ends it. */
  connect: (database: string) => Promise<pg.Client>;
  remove: () => Promise<void>;
}

async function sizeOf(context: PerformContext, directory: string): Promise<number> {
  const { stdout } = await runProgram('/usr/bin/du', ['-sbL', directory], { signal: context.signal, owner: null });
  const bytes = Number(stdout.split(/\s/)[0]);
  return Number.isFinite(bytes) && bytes > 0 ? bytes : Number.POSITIVE_INFINITY;
}

async function copyDirectory(context: PerformContext, directory: string, copy: string): Promise<void> {
  const source = dataDirectoryOf(context.instance);
  const [needed, free] = [await sizeOf(context, source), await freeBytesOf(path.dirname(directory))];
  if (free < needed + FREE_MARGIN_BYTES)
    throw new PerformFailed(
      'program-failed',
      `A copy to read the rows from needs ${needed + FREE_MARGIN_BYTES} bytes; ${path.dirname(directory)} has ${free} free.`,
      false,
    );
  context.progress('Copying the data directory to read the rows from.', null, needed);
  // Links (pg_wal on a volume of its own, tablespaces) are followed: the copy must share no file with the original.
  await runToSuccess('/bin/cp', ['-a', '-L', '--reflink=auto', source, copy], {
    signal: context.signal,
    owner: ownerOf(source),
    changed: false,
  });
  context.progress('Starting the copy, read only.', null, null);
}

async function makeReader(throwaway: Throwaway): Promise<void> {
  const client = await throwaway.connect(throwaway.superuser, throwaway.instance.database);
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

/**
 * @param directory private, removed at the end; must not exist, or be left from an earlier attempt.
 * @throws {PerformFailed} when there is no room, or the copy does not come up; nothing of the original was changed.
 */
export async function startPrivateCopy(context: PerformContext, directory: string): Promise<PrivateCopy> {
  const { postgres, control } = context.config;
  const throwaway = await startThrowaway(context, {
    directory,
    fill: (copy) => copyDirectory(context, directory, copy),
    settings: SETTINGS,
    knownRoles: [postgres.user, ...(control === undefined ? [] : [control.user]), 'postgres'],
  });
  try {
    await makeReader(throwaway);
  } catch (error) {
    await throwaway.remove();
    throw error;
  }
  const { database } = throwaway.instance;
  return { database, connect: (name) => throwaway.connect(READER, name), remove: throwaway.remove };
}
