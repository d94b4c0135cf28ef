/** Clears what a killed Farshore left behind: a server that still runs, or a pid file without a process. */
import { existsSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Paths } from './directory.ts';
import { readProcessStat } from '../../lib/runtime/process-stat.ts';

const FAST_STOP_MS = 15_000;
const IMMEDIATE_STOP_MS = 5_000;
const POLL_INTERVAL_MS = 25;

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process started. `null`: there is none. */
export const startTicks = (pid: number): string | null => readProcessStat(pid)?.startTicks ?? null;

function pidInFile(file: string): number | null {
  try {
    const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

/** `null` when none runs, even if a pid file names one. */
export function runningPostmaster(dataDir: string): number | null {
  const pid = pidInFile(path.join(dataDir, 'postmaster.pid'));
  if (pid === null || !isAlive(pid)) return null;
  try {
    // A postmaster's working directory is its data directory; a stranger that got the same pid has another.
    return readlinkSync(`/proc/${pid}/cwd`) === dataDir ? pid : null;
  } catch {
    return null;
  }
}

async function goneWithin(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isAlive(pid)) {
    if (performance.now() > deadline) return false;
    await delay(POLL_INTERVAL_MS);
  }
  return true;
}

/** Stops a postmaster: fast, and at once if that takes too long (its WAL then recovers at the next start). */
export async function stopPostmaster(pid: number): Promise<void> {
  const send = (signal: NodeJS.Signals): void => {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone meanwhile.
    }
  };
  send('SIGINT');
  if (await goneWithin(pid, FAST_STOP_MS)) return;
  send('SIGQUIT');
  if (await goneWithin(pid, IMMEDIATE_STOP_MS)) return;
  throw new Error(`The private control database (pid ${pid}) does not stop. Look at its log, then end it by hand: kill -QUIT ${pid}`);
}

/** Removes a pid file that names a process which is no postmaster of this directory: PostgreSQL itself would refuse to start. */
export function removeStalePidFile(dataDir: string): boolean {
  const file = path.join(dataDir, 'postmaster.pid');
  if (pidInFile(file) === null || runningPostmaster(dataDir) !== null) return false;
  rmSync(file, { force: true });
  return true;
}

/** A directory serves one Farshore at a time; a server whose Farshore is gone is stopped and started again. */
export async function clearLeftover(paths: Paths, log: (line: string) => void): Promise<void> {
  const pid = runningPostmaster(paths.data);
  if (pid === null) {
    if (removeStalePidFile(paths.data)) log('Removed a stale postmaster.pid.');
    return;
  }
  const starter = existsSync(paths.starter)
    ? (JSON.parse(readFileSync(paths.starter, 'utf8')) as { pid: number; startTicks: string | null })
    : null;
  if (starter !== null && isAlive(starter.pid) && startTicks(starter.pid) === starter.startTicks) {
    throw new Error(
      `Another Farshore (pid ${starter.pid}) uses ${paths.dir}. Stop it, or choose another directory (--dir or FARSHORE_DIR).`,
    );
  }
  log(`Stopping the control database that an earlier start left behind (pid ${pid}).`);
  await stopPostmaster(pid);
}
