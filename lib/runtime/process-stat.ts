/** Fields of `/proc/PID/stat` (proc(5)). procfs never waits for a disk. */
import { readFileSync } from 'node:fs';

export interface ProcessStat {
  /** `R`, `S`, `D`, `T`, `Z` …; '' where the line is cut. */
  state: string;
  parentPid: number;
  /** Clock ticks from boot to its start: tells it from a later process with the same pid. */
  startTicks: string;
  /** Of itself, in clock ticks. */
  cpuTicks: number;
  /** Of children that have ended and were waited for, in clock ticks. */
  endedChildrenCpuTicks: number;
  residentPages: number;
}

/** `null`: no such process, or no /proc. */
export function readProcessStat(pid: number): ProcessStat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name stands in parentheses and may itself hold spaces and parentheses: fields are counted after it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const number = (index: number): number => Number(fields[index]);
    return {
      state: fields[0] ?? '',
      parentPid: number(1),
      startTicks: fields[19] ?? '',
      cpuTicks: number(11) + number(12),
      endedChildrenCpuTicks: number(13) + number(14),
      residentPages: number(21),
    };
  } catch {
    return null;
  }
}

/** A zombie counts as gone: it holds nothing, and perhaps nobody ever reaps it. */
export const isGone = ({ state }: Pick<ProcessStat, 'state'>): boolean => state === 'Z' || state === 'X';
