/** The server processes of one data directory, from /proc: found also when their postmaster is dead, frozen or never reaped. */
import { readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { parsePostmasterFile } from '../../../observe/postmaster.ts';
import { isGone, readProcessStat } from '../../../../lib/runtime/process-stat.ts';

/** A process that can be told from a later one with the same pid. */
export interface ServerProcess {
  pid: number;
  startTicks: string;
}

const SERVER_PROGRAMS = new Set(['postgres', 'postmaster']);

export function identify(pid: number): ServerProcess | null {
  const stat = readProcessStat(pid);
  return stat === null || isGone(stat) ? null : { pid, startTicks: stat.startTicks };
}

export const isAlive = (server: ServerProcess): boolean => identify(server.pid)?.startTicks === server.startTicks;

function realDirectory(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return directory;
  }
}

/** The program's file may have been replaced by an upgrade while the process runs. */
function isServer(pid: number, realDataDirectory: string): boolean {
  try {
    if (readlinkSync(`/proc/${pid}/cwd`) !== realDataDirectory) return false;
    return SERVER_PROGRAMS.has(path.basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '')));
  } catch {
    return false;
  }
}

/** Every live server process that works in the directory. A person's shell or a program that archives is not one. */
export function serverProcesses(dataDirectory: string): ServerProcess[] {
  const real = realDirectory(dataDirectory);
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid <= 0 || !isServer(pid, real)) return [];
    return identify(pid) ?? [];
  });
}

/** The pid in postmaster.pid, alive or not; `null` without the file. */
export function lockedPid(dataDirectory: string): number | null {
  try {
    return parsePostmasterFile(readFileSync(path.join(dataDirectory, 'postmaster.pid'), 'utf8'))?.pid ?? null;
  } catch {
    return null;
  }
}

/** The postmaster that runs in the directory, proved by its working directory; `null` when none does. */
export function findPostmaster(dataDirectory: string): ServerProcess | null {
  const pid = lockedPid(dataDirectory);
  return pid !== null && isServer(pid, realDirectory(dataDirectory)) ? identify(pid) : null;
}

/** Sends a signal if the process is still the one that was meant. */
export function signalProcess(server: ServerProcess, name: NodeJS.Signals): void {
  if (!isAlive(server)) return;
  try {
    process.kill(server.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
