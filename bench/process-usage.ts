/** CPU and memory of processes as the kernel accounts them, from /proc. */
import { readFileSync, readdirSync } from 'node:fs';

/** Linux counts in ticks of 10 ms on every architecture that matters here. */
const TICK_MS = 10;
const PAGE_BYTES = 4096;

interface ProcessStat {
  parent: number;
  /** Of the process itself. */
  cpuMs: number;
  /** Of children that have ended and were waited for. */
  endedChildrenCpuMs: number;
  residentBytes: number;
}

function readStat(pid: number): ProcessStat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces: fields are counted after it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = (index: number): number => Number(fields[index]) * TICK_MS;
    return {
      parent: Number(fields[1]),
      cpuMs: ticks(11) + ticks(12),
      endedChildrenCpuMs: ticks(13) + ticks(14),
      residentBytes: Number(fields[21]) * PAGE_BYTES,
    };
  } catch {
    return null;
  }
}

/** CPU milliseconds of a process alone. */
export function processCpuMs(pid: number): number {
  return readStat(pid)?.cpuMs ?? 0;
}

export function residentBytes(pid: number): number {
  return readStat(pid)?.residentBytes ?? 0;
}

/** CPU milliseconds of a process and all below it, those that have ended included: a postmaster with its backends. */
export function treeCpuMs(rootPid: number): number {
  const stats = new Map<number, ProcessStat>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : null;
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
