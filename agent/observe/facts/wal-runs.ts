/**
 * From the listing of an archive to runs of consecutive segments, entry by entry: a repository may hold hundreds of thousands of
 * segments, and an agent has little memory. Pure.
 */
import type { WalRun } from '../../../lib/agent-contract/facts.ts';

export const RUNS_MAX = 500;
/** `0000000100000000/000000010000000000000001-<SHA-1>.lz4`; partial segments, history files and `.backup` files are others. */
const STORED_SEGMENT = /(?:^|\/)([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})-[0-9a-f]{40}(?:\.[a-z0-9]+)?$/;
/** One file of `repo-ls --output=json`, wherever a chunk of its text was cut. */
const FILE_ENTRY = /"((?:[^"\\]|\\.)+)":\{([^{}]*)\}/g;
const LOG_BYTES = 2 ** 32;

interface OpenRun {
  timeline: string;
  firstName: string;
  lastName: string;
  lastNumber: number;
  firstAtSecond: number;
  lastAtSecond: number;
}

const atSecond = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** Takes the text of `pgbackrest repo-ls --recurse --output=json` in pieces, and knows the runs at the end. */
export class WalRunReader {
  readonly #segmentsPerLog: number;
  readonly #runs: WalRun[] = [];
  #open: OpenRun | null = null;
  #rest = '';
  #complete = true;
  segments = 0;
  storedBytes = 0;

  constructor(walSegmentBytes: number) {
    this.#segmentsPerLog = LOG_BYTES / walSegmentBytes;
  }

  push(piece: string): void {
    const text = this.#rest + piece;
    let end = 0;
    for (const match of text.matchAll(FILE_ENTRY)) {
      end = match.index + match[0].length;
      this.#add(match[1]!, match[2]!);
    }
    this.#rest = text.slice(end);
  }

  /** Runs in the order of the listing, which is ascending; the newest when there are too many. */
  finish(): { runs: WalRun[]; complete: boolean } {
    this.#close();
    return { runs: this.#runs, complete: this.#complete };
  }

  #add(path: string, attributes: string): void {
    const match = STORED_SEGMENT.exec(path);
    if (match === null) return;
    const [, timeline, log, low] = match as unknown as [string, string, string, string];
    const number = Number.parseInt(log, 16) * this.#segmentsPerLog + Number.parseInt(low, 16);
    const name = timeline + log + low;
    const second = Number(/"time":(\d+)/.exec(attributes)?.[1] ?? 0);
    this.segments += 1;
    this.storedBytes += Number(/"size":(\d+)/.exec(attributes)?.[1] ?? 0);
    const open = this.#open;
    // A segment that was pushed twice with different contents stands there twice under one name.
    const follows = open !== null && open.timeline === timeline && (number === open.lastNumber || number === open.lastNumber + 1);
    if (!follows) {
      this.#close();
      this.#open = { timeline, firstName: name, lastName: name, lastNumber: number, firstAtSecond: second, lastAtSecond: second };
      return;
    }
    open.lastName = name;
    open.lastNumber = number;
    open.lastAtSecond = second;
  }

  #close(): void {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    this.#runs.push({
      first: open.firstName,
      last: open.lastName,
      firstStoredAt: atSecond(open.firstAtSecond),
      lastStoredAt: atSecond(open.lastAtSecond),
    });
    if (this.#runs.length <= RUNS_MAX) return;
    this.#runs.shift();
    this.#complete = false;
  }
}
