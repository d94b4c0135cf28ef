/**
 * Making a whole directory durable. A program that fsyncs file by file, as pg_rewind and a starting server do, takes hundreds of
 * milliseconds for a directory in which hardly anything changed; telling the kernel to write a file system out takes as long as what is
 * left to write.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { release } from 'node:os';
import path from 'node:path';
import type { PerformContext } from '../../performer.ts';
import { dataDirectoryOf } from './node-paths.ts';
import { runToSuccess } from '../process/programs.ts';

/** From this kernel on syncfs tells of pages that could not be written. */
const KERNEL_MIN = { major: 5, minor: 8 };
/** The first with recovery_init_sync_method. */
const SERVER_MIN = 14;

export function canSyncFileSystems(platform = process.platform, kernel = release()): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map(Number.parseFloat);
  return platform === 'linux' && (major > KERNEL_MIN.major || (major === KERNEL_MIN.major && minor >= KERNEL_MIN.minor));
}

/** Writes out the file systems of the data directory, its WAL and its tablespaces. @throws {PerformFailed} when something could not be written. */
export async function syncFileSystems(context: PerformContext): Promise<void> {
  const dataDirectory = dataDirectoryOf(context.instance);
  const tablespaces = path.join(dataDirectory, 'pg_tblspc');
  const spaces = existsSync(tablespaces) ? readdirSync(tablespaces).map((name) => path.join(tablespaces, name)) : [];
  const directories = [dataDirectory, path.join(dataDirectory, 'pg_wal'), ...spaces];
  await runToSuccess('/bin/sync', ['--file-system', ...directories], { signal: context.signal, owner: null, changed: true });
}

/** pg_rewind laid this directory out, and nobody has started it since. */
export function isFreshFromRewind(dataDirectory: string): boolean {
  try {
    return /^BACKUP METHOD: pg_rewind$/m.test(readFileSync(path.join(dataDirectory, 'backup_label'), 'utf8'));
  } catch {
    return false;
  }
}

/** Tells a server whose directory was just made durable as a whole not to sync it again file by file. */
export function syncArguments(dataDirectory: string): string[] {
  if (!canSyncFileSystems() || !isFreshFromRewind(dataDirectory)) return [];
  const version = Number.parseInt(readFileSync(path.join(dataDirectory, 'PG_VERSION'), 'utf8'), 10);
  return version >= SERVER_MIN ? ['-o', '-c recovery_init_sync_method=syncfs'] : [];
}
