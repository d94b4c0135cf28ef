/**
 * The lab's directory: where it is, who may enter it, and the record that lets the next start clean up. The servers' OS user must
 * be able to enter it; where it can't (a checkout under /root), the lab runs under /var/tmp and leaves a pointer.
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { canUse, giveTo } from './os-user.ts';
import type { OsUser } from './os-user.ts';
import { bootId, identify, isAlive } from './process-table.ts';
import type { ProcessIdentity } from './process-table.ts';

/** Written into the directory that was asked for and, when it differs, into the one the lab runs in. */
export interface LabRecord extends ProcessIdentity {
  bootId: string;
  /** Where the lab runs. */
  directory: string;
  addressRange: string | null;
  madeDirectory: boolean;
}

export interface LabDirectory {
  /** As the caller asked for it, absolute. */
  requested: string;
  /** Where the lab runs: the same, or a directory under /var/tmp. */
  root: string;
}

const RECORD_FILE = 'lab.json';
const RUNTIME_PARENT = '/var/tmp';
/** A unix socket's path may have 107 bytes; `nodes/aws-use1-a/socket/.s.PGSQL.5432` and its like take up to 45 of them. */
const ROOT_LENGTH_MAX = 60;

export const controlSocketPath = (root: string): string => join(root, 'control.sock');
export const processRecordPath = (root: string): string => join(root, 'processes.jsonl');
export const nodeDirectory = (root: string, node: string): string => join(root, 'nodes', node);
/** Holds `pgbouncer.ini` and the unix socket of the console. */
export const poolerDirectory = (root: string, slug: string): string => join(root, 'clusters', slug, 'pgbouncer');
export const clusterDirectory = (root: string, slug: string): string => join(root, 'clusters', slug);

export function readLabRecord(directory: string): LabRecord | null {
  try {
    return JSON.parse(readFileSync(join(directory, RECORD_FILE), 'utf8')) as LabRecord;
  } catch {
    return null;
  }
}

/** Where a lab runs that was asked for in `directory`, or below it as the demo puts it; `null` = none runs. */
export function runningLabRoot(directory: string): string | null {
  for (const place of [resolve(directory), join(resolve(directory), 'lab')]) {
    const record = readLabRecord(place);
    if (record !== null && isRunning(record)) return record.directory;
  }
  return null;
}

export function isRunning(record: LabRecord): boolean {
  return record.bootId === bootId() && isAlive(record);
}

/**
 * Makes the directories of a new lab. Leftovers must be gone already (`cleanUpLeftovers`).
 * @throws when the directory holds something that is not the lab's.
 */
export function makeLabDirectory(requestedPath: string, user: OsUser): LabDirectory {
  const requested = resolve(requestedPath);
  const madeDirectory = !existsSync(requested);
  mkdirSync(requested, { recursive: true, mode: 0o755 });
  const strangers = readdirSync(requested);
  if (strangers.length > 0) {
    throw new Error(
      `${requested} is not empty (${strangers.slice(0, 3).join(', ')}…) and was not made by a lab. Give an empty or new directory.`,
    );
  }
  if (madeDirectory) chmodSync(requested, 0o711);
  const root = canUse(user, requested) && requested.length <= ROOT_LENGTH_MAX ? requested : makeRuntimeDirectory(requested);
  const directory = { requested, root };
  const self = identify(process.pid);
  if (self === null) throw new Error('The lab needs Linux: /proc does not show this very process.');
  writeLabRecord(directory, { ...self, bootId: bootId(), directory: root, addressRange: null, madeDirectory });
  return directory;
}

function makeRuntimeDirectory(requested: string): string {
  const root = runtimeDirectoryFor(requested);
  if (existsSync(root))
    throw new Error(`${root} is in the way, and was not left by a lab that can be cleaned up. Look at it and remove it.`);
  mkdirSync(root, { mode: 0o711 });
  chmodSync(root, 0o711);
  return root;
}

/** Where a lab runs whose own directory the servers' OS user can't enter. */
export function runtimeDirectoryFor(requested: string): string {
  const name = createHash('sha256').update(resolve(requested)).digest('hex').slice(0, 12);
  return join(RUNTIME_PARENT, `farshore-${name}`);
}

export function writeLabRecord(directory: LabDirectory, record: LabRecord): void {
  for (const place of new Set([directory.requested, directory.root])) {
    writeFileSync(join(place, RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  }
}

export function updateLabRecord(directory: LabDirectory, change: Partial<LabRecord>): void {
  const record = readLabRecord(directory.root);
  if (record === null) throw new Error(`${directory.root} has lost its ${RECORD_FILE}.`);
  writeLabRecord(directory, { ...record, ...change });
}

/** Removes what `makeLabDirectory` made; a directory that was there before stays, empty. */
export function removeLabDirectory(directory: LabDirectory, madeDirectory: boolean): void {
  if (directory.root !== directory.requested) rmSync(directory.root, { recursive: true, force: true });
  if (madeDirectory) {
    rmSync(directory.requested, { recursive: true, force: true });
    return;
  }
  if (!existsSync(directory.requested)) return;
  for (const entry of readdirSync(directory.requested)) rmSync(join(directory.requested, entry), { recursive: true, force: true });
}

/** A directory that only the servers' OS user (and root) may read. */
export function makePrivateDirectory(path: string, user: OsUser): string {
  makeWay(dirname(path));
  mkdirSync(path, { mode: 0o700, recursive: true });
  giveTo(user, path);
  return path;
}

function makeWay(path: string): void {
  if (existsSync(path)) return;
  makeWay(dirname(path));
  mkdirSync(path, { mode: 0o711 });
  chmodSync(path, 0o711);
}

/** A file that only the servers' OS user (and root) may read. */
export function writePrivateFile(path: string, content: string, user: OsUser): string {
  writeFileSync(path, content, { mode: 0o600 });
  giveTo(user, path);
  return path;
}
