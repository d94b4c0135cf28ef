/** CPU and memory of processes as the kernel accounts them, from /proc. */
import { readdirSync } from 'node:fs';
import { readProcessStat } from '../lib/runtime/process-stat.ts';

/** Linux counts in ticks of 10 ms on every architecture that matters here. */
const TICK_MS = 10;
const PAGE_BYTES = 4096;

interface ProcessUsage {
  parent: number;
  /** Of the process itself. */
  cpuMs: number;
  /** Of children that have ended and were waited for. */
  endedChildrenCpuMs: number;
  residentBytes: number;
}

function readUsage(pid: number): ProcessUsage | null {
  const stat = readProcessStat(pid);
  if (stat === null) return null;
  const { parentPid, cpuTicks, endedChildrenCpuTicks, residentPages } = stat;
  return {
    parent: parentPid,
    cpuMs: cpuTicks * TICK_MS,
    endedChildrenCpuMs: endedChildrenCpuTicks * TICK_MS,
    residentBytes: residentPages * PAGE_BYTES,
  };
}

/** CPU milliseconds of a process alone. */
export function processCpuMs(pid: number): number {
  return readUsage(pid)?.cpuMs ?? 0;
}

export function residentBytes(pid: number): number {
  return readUsage(pid)?.residentBytes ?? 0;
}

/** CPU milliseconds of a process and all below it, those that have ended included: a postmaster with its backends. */
export function treeCpuMs(rootPid: number): number {
  const stats = new Map<number, ProcessUsage>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readUsage(Number(name)) : null;
    if (stat !== null) stats.set(Number(name), stat);
  }
  const belongs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = stats.get(at)?.parent) if (at === rootPid) return true;
    return false;
  };
  let cpuMs = 0;
  for (const [pid, stat] of stats) if (belongs(pid)) cpuMs += stat.cpuMs + stat.endedChildrenCpuMs;
  return cpuMs;
}
