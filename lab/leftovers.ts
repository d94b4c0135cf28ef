/** Cleans up after a lab: at its orderly end, and at the next start in the same directory when it was killed. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isRunning, processRecordPath, readLabRecord, removeLabDirectory, runtimeDirectoryFor } from './directory.ts';
import { bootId, processesInside } from './process-table.ts';
import { killTree, readRecord } from './processes.ts';
import { freeSharedMemory } from './shared-memory.ts';
import { unmountBelow } from './volume.ts';

/** May still run in a lab's directory after its parent was killed. */
export const SERVER_PROGRAMS = ['postgres', 'pgbackrest', 'pgbouncer', 'pg_basebackup', 'pg_rewind', 'pg_ctl', 'pg_waldump', 'initdb'];

/**
 * Removes what a killed lab left in `requested`: processes, mounts, shared memory, directories.
 * @returns whether there was anything. @throws when that lab still runs.
 */
export async function cleanUpLeftovers(requestedPath: string, log: (line: string) => void): Promise<boolean> {
  const requested = resolve(requestedPath);
  const record = readLabRecord(requested) ?? readLabRecord(runtimeDirectoryFor(requested));
  if (record === null) return false;
  if (isRunning(record)) {
    throw new Error(
      `A lab is already running in ${requested} (process ${record.pid}). Stop it with Ctrl-C there, or use another directory.`,
    );
  }
  log(`Cleaning up after a lab that was killed in ${record.directory}`);
  await removeEverything(record.directory, record.bootId === bootId());
  removeLabDirectory({ requested, root: record.directory }, record.madeDirectory);
  return true;
}

/** Ends every recorded process that still lives, unmounts, and frees shared memory. The directory itself stays. */
export async function removeEverything(root: string, sameBoot: boolean): Promise<void> {
  if (sameBoot) {
    const recorded = existsSync(processRecordPath(root)) ? readRecord(processRecordPath(root)) : [];
    await Promise.all(recorded.map(killTree));
    await Promise.all(processesInside(root, SERVER_PROGRAMS).map(killTree));
    for (const dataDirectory of dataDirectories(root)) freeSharedMemory(dataDirectory);
  }
  unmountBelow(root);
}

function dataDirectories(root: string): string[] {
  const nodes = join(root, 'nodes');
  return existsSync(nodes) ? readdirSync(nodes).map((name) => join(nodes, name, 'data')) : [];
}
