/** Reads `postmaster.pid` and /proc about a server without querying it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readProcessStat } from '../../lib/runtime/process-stat.ts';

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

/** Nothing could be read. */
export const UNKNOWN: Postmaster = { presence: 'unreadable', pid: null, status: null, frozen: false };
const ABSENT: Postmaster = { presence: 'absent', pid: null, status: null, frozen: false };

/** Parses the text of `postmaster.pid`; `null` when it is empty or torn. */
export function parsePostmasterFile(text: string): PostmasterFile | null {
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  return { pid, status: lines[7] === undefined || lines[7] === '' ? null : lines[7] };
}

/** Looks at the data directory and the process table. */
export class PostmasterWatch {
  #known: { dataDirectory: string; file: PostmasterFile; startTicks: string } | null = null;

  /**
   * Never throws. `dataDirectory` null = nothing is known. The pid file is read again only when its process is gone, or when
   * `fresh` asks for the status line: a read of the data directory could wait for a hung disk.
   */
  async look(dataDirectory: string | null, fresh: boolean): Promise<Postmaster> {
    if (dataDirectory === null) return UNKNOWN;
    const known = this.#known;
    if (!fresh && known !== null && known.dataDirectory === dataDirectory) {
      const same = readProcessStat(known.file.pid);
      if (same !== null && same.startTicks === known.startTicks && isAlive(same.state)) return running(known.file, same.state);
    }
    this.#known = null;
    let text: string;
    try {
      text = await readFile(path.join(dataDirectory, 'postmaster.pid'), 'utf8');
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? ABSENT : UNKNOWN;
    }
    const file = parsePostmasterFile(text);
    if (file === null) return UNKNOWN;
    const found = readProcessStat(file.pid);
    if (found === null || !isAlive(found.state)) return ABSENT;
    this.#known = { dataDirectory, file, startTicks: found.startTicks };
    return running(file, found.state);
  }
}

const isAlive = (state: string): boolean => state !== 'Z' && state !== 'X';

const running = (file: PostmasterFile, state: string): Postmaster => ({
  presence: 'running',
  pid: file.pid,
  status: file.status,
  frozen: state === 'T' || state === 't',
});
