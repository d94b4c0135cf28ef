/** What `postmaster.pid` and /proc tell about a server without asking it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

export interface PostmasterFile {
  pid: number;
  /** Line 8: `starting`, `stopping`, `ready` or `standby`. */
  status: string | null;
}

export interface Postmaster {
  /** `absent`: no postmaster.pid, or a left-over of a process that is gone. `unreadable`: nothing is known. */
  presence: 'running' | 'absent' | 'unreadable';
  pid: number | null;
  status: string | null;
  /** The process is stopped by a signal (state `T`): it answers nobody until it is continued. */
  frozen: boolean;
}

const UNKNOWN: Postmaster = { presence: 'unreadable', pid: null, status: null, frozen: false };
const ABSENT: Postmaster = { presence: 'absent', pid: null, status: null, frozen: false };

/** Parses the text of `postmaster.pid`; `null` when it is empty or torn. */
export function parsePostmasterFile(text: string): PostmasterFile | null {
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  return { pid, status: lines[7] === undefined || lines[7] === '' ? null : lines[7] };
}

/** The state letter of a process (`R`, `S`, `D`, `T`, `Z` …), or `null` when there is none. */
export async function processState(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  } catch {
    return null;
  }
}

/** Looks at the data directory and the process table. Never throws. `dataDirectory` null = nothing is known. */
export async function lookAtPostmaster(dataDirectory: string | null): Promise<Postmaster> {
  if (dataDirectory === null) return UNKNOWN;
  let text: string;
  try {
    text = await readFile(path.join(dataDirectory, 'postmaster.pid'), 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? ABSENT : UNKNOWN;
  }
  const file = parsePostmasterFile(text);
  if (file === null) return UNKNOWN;
  const state = await processState(file.pid);
  if (state === null || state === 'Z' || state === 'X') return ABSENT;
  return { presence: 'running', pid: file.pid, status: file.status, frozen: state === 'T' || state === 't' };
}
