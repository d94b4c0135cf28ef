/** Reads what pg_waldump prints and keeps what became of rows: which transactions committed after the fork, and what they changed. Pure. */
import { lsnBytes } from '../../observe/lsn.ts';
import { lsnText } from '../../observe/history-file.ts';

export type Change = 'inserted' | 'updated' | 'deleted';

/** A relation's file: tablespace, database, file number. */
export type FileKey = string;

export interface Touched {
  file: FileKey;
  block: number;
  /** Item in the page; `null` = several, not told one by one. */
  offset: number | null;
  change: Change;
  count: number;
}

export interface LostTransaction {
  id: string;
  /** Its own id and those of its subtransactions: a row carries the id of the one that wrote it. */
  members: string[];
  committedAt: string | null;
  touched: Touched[];
}

export interface WalSummary {
  /** Where the last whole record ends. */
  endLsn: string;
  /** Committed after the fork and with a change of rows, in the order of their commits. */
  transactions: LostTransaction[];
  /** Changes beyond those that are remembered. */
  forgotten: number;
}

/** Memory for some hundred thousand changes; a longer divergence is counted, and not all its rows are listed. */
const CHANGES_MAX = 400_000;
const RECORD =
  /^rmgr: (\S+)\s+len \(rec\/tot\):\s*\d+\/\s*(\d+), tx:\s*(\d+), lsn: ([0-9A-F]+\/[0-9A-F]+), prev [0-9A-F]+\/[0-9A-F]+, desc: (.*)$/;
const BLOCK = /blkref #0: rel (\d+\/\d+\/\d+) blk (\d+)/;
const COMMIT = /^COMMIT(?:_PREPARED (\d+):)? ?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)/;
const ABORT = /^ABORT(?:_PREPARED (\d+):)?/;
const SUBTRANSACTIONS = /subxacts:((?: \d+)+)/;

const alignedEnd = (lsn: string, length: number): bigint => (lsnBytes(lsn) + BigInt(length) + 7n) & ~7n;

/** `2026-11-21 03:44:20.123456` in UTC → an instant with milliseconds; `null` when it is no time. */
function instantOf(text: string): string | null {
  const at = Date.parse(`${text.replace(' ', 'T').replace(/(\.\d{3})\d*$/, '$1')}Z`);
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}

function changeOf(description: string): { change: Change; offset: number | null; count: number } | null {
  const number = (pattern: RegExp): number | null => {
    const found = pattern.exec(description)?.[1];
    return found === undefined ? null : Number(found);
  };
  if (description.startsWith('INSERT')) return { change: 'inserted', offset: number(/\boff:? (\d+)/), count: 1 };
  if (description.startsWith('MULTI_INSERT'))
    return { change: 'inserted', offset: null, count: number(/\bntuples: (\d+)/) ?? number(/(\d+) tuples/) ?? 1 };
  if (/^(HOT_)?UPDATE/.test(description)) return { change: 'updated', offset: number(/\bnew(?: off|_off:) (\d+)/), count: 1 };
  if (description.startsWith('DELETE')) return { change: 'deleted', offset: number(/\boff:? (\d+)/), count: 1 };
  return null;
}

export class WalReader {
  readonly #fork: bigint;
  readonly #open = new Map<string, Touched[]>();
  readonly #lost: LostTransaction[] = [];
  #remembered = 0;
  #forgotten = 0;
  #end = 0n;

  constructor(forkLsn: string) {
    this.#fork = lsnBytes(forkLsn);
  }

  line(text: string): void {
    const [, manager = '', length = '0', transaction = '0', lsn, description = ''] = RECORD.exec(text) ?? [];
    if (lsn === undefined) return;
    this.#end = alignedEnd(lsn, Number(length));
    if (manager === 'Heap' || manager === 'Heap2') this.#change(transaction, description);
    else if (manager === 'Transaction') this.#transaction(transaction, lsnBytes(lsn) >= this.#fork, description);
  }

  /** @param toldEnd the end as pg_waldump's last message gives it, which knows about page headers. */
  summary(toldEnd: string | null): WalSummary {
    const told = toldEnd === null ? 0n : lsnBytes(toldEnd);
    const end = told >= this.#end ? told : this.#end;
    return { endLsn: lsnText(end > this.#fork ? end : this.#fork), transactions: this.#lost, forgotten: this.#forgotten };
  }

  #change(transaction: string, description: string): void {
    const change = changeOf(description);
    const [, file, block] = change === null ? [] : (BLOCK.exec(description) ?? []);
    if (change === null || file === undefined || transaction === '0') return;
    if (this.#remembered >= CHANGES_MAX) {
      this.#forgotten += change.count;
      return;
    }
    this.#remembered += 1;
    const touched = this.#open.get(transaction) ?? [];
    touched.push({ file, block: Number(block), ...change });
    this.#open.set(transaction, touched);
  }

  #transaction(own: string, afterFork: boolean, description: string): void {
    const commit = COMMIT.exec(description);
    const abort = commit === null ? ABORT.exec(description) : null;
    if (commit === null && abort === null) return;
    const id = commit?.[1] ?? abort?.[1] ?? own;
    const members = [id, ...(SUBTRANSACTIONS.exec(description)?.[1]?.trim().split(' ') ?? [])];
    const touched = members.flatMap((member) => this.#open.get(member) ?? []);
    for (const member of members) this.#open.delete(member);
    // A heartbeat commits without a change of rows: nothing is lost with it.
    if (commit !== null && afterFork && touched.length > 0)
      this.#lost.push({ id, members, committedAt: instantOf(commit[2] ?? ''), touched });
    else this.#remembered -= touched.length;
  }
}
