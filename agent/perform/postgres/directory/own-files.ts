/**
 * This node's own configuration inside its data directory. pg_rewind, a base backup and a restore put another node's files there; a
 * node that starts with another one's addresses, archive or synchronous standbys would be that other node. So a copy is kept in the
 * agent's state directory, and put back afterwards.
 */
import type { Instance } from '../../../instance.ts';
import { chownSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { writeFileAtomically } from '../../../journal/atomic-file.ts';
import { dataDirectoryOf } from './node-paths.ts';

const FILE_BYTES_MAX = 1024 * 1024;
const FILES_MAX = 100;
const INCLUDED_DIRECTORY = 'conf.d';
const WAL_LINK_FILE = '.pg_wal-directory';
/** Top-level files that belong to the data, not to the configuration. */
const OF_THE_SERVER = new Set([
  'PG_VERSION',
  'postmaster.pid',
  'postmaster.opts',
  'backup_label',
  'backup_label.old',
  'tablespace_map',
  'tablespace_map.old',
  'backup_manifest',
  'standby.signal',
  'recovery.signal',
  'promote',
  'current_logfiles',
  'logrotate',
]);

const savedDirectory = (instance: Instance): string => path.join(instance.stateDirectory, 'own-files');

/** Relative paths of the configuration files in a directory. */
function ownFiles(directory: string): string[] {
  const inside = (sub: string): string[] => {
    try {
      return readdirSync(path.join(directory, sub), { withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp'))
        .map((entry) => path.join(sub, entry.name));
    } catch {
      return [];
    }
  };
  const top = inside('').filter((name) => !OF_THE_SERVER.has(name) && !/\.(log|old|done)$/.test(name) && name !== WAL_LINK_FILE);
  return [...top, ...inside(INCLUDED_DIRECTORY)]
    .filter((name) => lstatSync(path.join(directory, name)).size <= FILE_BYTES_MAX)
    .slice(0, FILES_MAX);
}

/** Where pg_wal lies when it is on a volume of its own; `null` = inside the data directory, or unknown. */
export function walDirectoryOf(instance: Instance): string | null {
  const link = path.join(dataDirectoryOf(instance), 'pg_wal');
  try {
    return readlinkSync(link);
  } catch {
    if (existsSync(link)) return null;
  }
  try {
    return readFileSync(path.join(savedDirectory(instance), WAL_LINK_FILE), 'utf8').trim() || null;
  } catch {
    return null;
  }
}

/**
 * Keeps a copy of the files as they are now. Does nothing without a data directory, and must not be called while the directory is
 * marked as unusable: the files in it may be another node's then.
 */
export function keepOwnFiles(instance: Instance): void {
  const dataDirectory = instance.dataDirectory;
  if (dataDirectory === null || !existsSync(path.join(dataDirectory, 'PG_VERSION'))) return;
  const saved = savedDirectory(instance);
  const walDirectory = walDirectoryOf(instance);
  const names = ownFiles(dataDirectory);
  for (const name of names) {
    const content = readFileSync(path.join(dataDirectory, name), 'utf8');
    const copy = path.join(saved, name);
    if (existsSync(copy) && readFileSync(copy, 'utf8') === content) continue;
    makeDirectory(path.dirname(copy));
    writeFileAtomically(copy, content, statSync(path.join(dataDirectory, name)).mode & 0o777);
  }
  for (const name of ownFiles(saved)) if (!names.includes(name)) rmSync(path.join(saved, name), { force: true });
  const link = path.join(saved, WAL_LINK_FILE);
  if (walDirectory === null) rmSync(link, { force: true });
  else if (!existsSync(link) || readFileSync(link, 'utf8') !== walDirectory) writeFileAtomically(link, walDirectory);
}

function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  makeDirectory(path.dirname(directory));
  mkdirSync(directory, { mode: 0o700 });
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(path.dirname(directory));
  chownSync(directory, uid, gid);
}

/** Puts the kept files back. @returns their names; empty when none were ever kept. */
export function putBackOwnFiles(instance: Instance): string[] {
  const dataDirectory = dataDirectoryOf(instance);
  const saved = savedDirectory(instance);
  const names = ownFiles(saved);
  for (const name of names) {
    const file = path.join(dataDirectory, name);
    makeDirectory(path.dirname(file));
    writeFileAtomically(file, readFileSync(path.join(saved, name), 'utf8'), statSync(path.join(saved, name)).mode & 0o777);
  }
  return names;
}
