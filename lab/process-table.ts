/** Reads `/proc`: who is whose child, and whether a pid is still the process that was meant. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { isGone, readProcessStat } from '../lib/runtime/process-stat.ts';

/** A process that can be told from a later one with the same pid. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks from boot to its start (`/proc/PID/stat` field 22). */
  startTicks: string;
}

/** `null` when there is no such process; a zombie counts as gone, because nobody may ever reap it. */
export function identify(pid: number): ProcessIdentity | null {
  const stat = readProcessStat(pid);
  return stat === null || isGone(stat) ? null : { pid, startTicks: stat.startTicks };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTicks === identity.startTicks;
}

/** Stopped by SIGSTOP. */
export function isFrozen(pid: number): boolean {
  return readProcessStat(pid)?.state === 'T';
}

function allPids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 0);
}

/** All processes below `pid`, without itself; parents before children. */
export function descendants(pid: number): ProcessIdentity[] {
  const children = new Map<number, ProcessIdentity[]>();
  for (const candidate of allPids()) {
    const stat = readProcessStat(candidate);
    if (stat === null || stat.state === 'Z') continue;
    const siblings = children.get(stat.parentPid) ?? [];
    siblings.push({ pid: candidate, startTicks: stat.startTicks });
    children.set(stat.parentPid, siblings);
  }
  const found: ProcessIdentity[] = [];
  const queue = [...(children.get(pid) ?? [])];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    found.push(next);
    queue.push(...(children.get(next.pid) ?? []));
  }
  return found;
}

/** Processes that run one of `programs` with a working directory inside `directory`: server processes whose parent is gone. */
export function processesInside(directory: string, programs: readonly string[]): ProcessIdentity[] {
  return allPids().flatMap((pid) => {
    try {
      const inside = `${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${directory}/`);
      if (!inside || !programs.includes(basename(readlinkSync(`/proc/${pid}/exe`)))) return [];
    } catch {
      return [];
    }
    const identity = identify(pid);
    return identity === null ? [] : [identity];
  });
}

/** Sends a signal to a process if it is still the one that was meant. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Tells one boot of the machine from the next: pids and start times begin again. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
