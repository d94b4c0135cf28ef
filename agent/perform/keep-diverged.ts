/** The loss ledger: what only this node has, kept before anything is rewound or cloned over it. Changes nothing of the data directory. */
import { appendFileSync, chownSync, existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { LossLedger } from '../../lib/agent-contract/loss-ledger.ts';
import { faultPoint } from '../fault-point.ts';
import { writeFileAtomically } from '../journal/atomic-file.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import { lsnBytes } from '../observe/lsn.ts';
import { copySegments, makeKeepDirectory, readDivergedWal } from './ledger/diverged-wal.ts';
import type { DivergedWal } from './ledger/diverged-wal.ts';
import { lossByFile, readLostRows } from './ledger/lost-rows.ts';
import { startPrivateCopy } from './ledger/private-copy.ts';
import { PerformRefused } from './performer.ts';
import type { PerformContext, Performer } from './performer.ts';
import { isCancelled, abortedFailure } from './postgres/connection/waiting.ts';
import { endLeftovers, refuseRunning } from './postgres/directory/directory-work.ts';
import { segmentBytesOf } from '../observe/history-file.ts';
import { dataDirectoryOf, keepDirectoryOf, ownerOf } from './postgres/directory/node-paths.ts';

type Rows = Pick<LossLedger, 'relations' | 'rows' | 'rowsLeftOut' | 'rowsMessage'>;

const RELATIONS_MAX = 500;
const ROWS_MAX = 5000;
const ROW_CHARACTERS_MAX = 20_000;
/** A result of a command is 8 MB at most, JSON quoting included. */
const ROWS_CHARACTERS_MAX = 2_000_000;
const APPEND_LINES = 500;

const LEDGER_FILE = 'ledger.json';
const ROWS_FILE = 'rows.jsonl';

const keepInOf = (context: PerformContext, timeline: number, forkLsn: string): string =>
  path.join(keepDirectoryOf(context.config), `${context.nodeName}-timeline-${timeline}-from-${forkLsn.replace('/', '-').toUpperCase()}`);

/** A ledger that is there was finished: it is written last. */
function readLedger(keepIn: string): LossLedger | null {
  const file = path.join(keepIn, LEDGER_FILE);
  if (!existsSync(file)) return null;
  const parsed = LossLedger.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  return parsed.success ? parsed.data : null;
}

/** Lists some for the evidence, writes all to the file. */
class RowList {
  readonly relations: LossLedger['relations'] = [];
  readonly rows: NonNullable<LossLedger['rows']> = [];
  readonly #file: string;
  readonly #max: number;
  #lines: string[] = [];
  #characters = 0;
  total = 0;

  constructor(file: string, max: number) {
    this.#file = file;
    this.#max = Math.min(max, ROWS_MAX);
  }

  relation = (relation: LossLedger['relations'][number]): void => {
    if (this.relations.length < RELATIONS_MAX) this.relations.push(relation);
  };

  row = (row: NonNullable<LossLedger['rows']>[number]): void => {
    this.total += 1;
    this.#lines.push(JSON.stringify(row));
    if (this.#lines.length >= APPEND_LINES) this.flush();
    const length = row.row?.length ?? 0;
    if (this.rows.length >= this.#max || length > ROW_CHARACTERS_MAX || this.#characters + length > ROWS_CHARACTERS_MAX) return;
    this.#characters += length;
    this.rows.push(row);
  };

  flush(): void {
    if (this.#lines.length > 0) appendFileSync(this.#file, `${this.#lines.join('\n')}\n`, { mode: 0o600 });
    this.#lines = [];
  }
}

function messageAbout(wal: DivergedWal, forkLsn: string): string | null {
  const parts = [
    lsnBytes(wal.fromLsn) > lsnBytes(forkLsn)
      ? `WAL from ${forkLsn} to ${wal.fromLsn} is not on this node any more; look in the archive.`
      : null,
    wal.forgotten > 0 ? `${wal.forgotten} more changes are not counted here; they are in the copied WAL.` : null,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(' ');
}

async function readRows(context: PerformContext, wal: DivergedWal, forkLsn: string, keepIn: string, rowsMax: number): Promise<Rows> {
  const about = messageAbout(wal, forkLsn);
  if (wal.transactions.length === 0) return { relations: [], rows: [], rowsLeftOut: 0, rowsMessage: about };
  const file = path.join(keepIn, ROWS_FILE);
  rmSync(file, { force: true });
  const list = new RowList(file, rowsMax);
  try {
    const copy = await startPrivateCopy(context, path.join(keepIn, 'copy'));
    try {
      context.progress('Reading the rows that only this node has.', null, null);
      await readLostRows(copy, lossByFile(wal.transactions), list);
      list.flush();
    } finally {
      await copy.remove();
    }
    const owner = ownerOf(dataDirectoryOf(context.instance));
    if (owner !== null && existsSync(file)) chownSync(file, owner.uid, owner.gid);
    return { relations: list.relations, rows: list.rows, rowsLeftOut: list.total - list.rows.length, rowsMessage: about };
  } catch (error) {
    if (isCancelled(context.signal)) throw abortedFailure(context.signal, 'reading the lost rows', false);
    // The WAL is kept in any case; the rows can be read from it later by hand.
    const why = `The rows could not be read: ${messageOf(error)}`;
    return {
      relations: list.relations,
      rows: null,
      rowsLeftOut: null,
      rowsMessage: (about === null ? why : `${why} ${about}`).slice(0, 500),
    };
  }
}

export const perform: Performer<'keep-diverged'> = async ({ timeline, forkLsn, rowsMax }, context) => {
  const { instance, nodeName } = context;
  const dataDirectory = dataDirectoryOf(instance);
  const keepIn = keepInOf(context, timeline, forkLsn);
  const earlier = readLedger(keepIn);
  const unusable = context.directory.unusable();
  if (unusable !== null) {
    if (earlier !== null) return { ledger: earlier };
    throw new PerformRefused('directory-unusable', `What only this node had can't be read any more: ${unusable}`);
  }
  refuseRunning(context);
  await endLeftovers(context);
  const segmentBytes = segmentBytesOf(dataDirectory);
  if (segmentBytes === null)
    throw new PerformRefused('precondition-failed', `There is no WAL in ${dataDirectory}: nothing can be kept of it.`);
  const wal = await readDivergedWal(context, timeline, forkLsn, segmentBytes);
  // After a rewind little is left to see here (and its recovery wrote a checkpoint); after more commits there is more to keep.
  if (earlier !== null && wal.transactions.length <= earlier.transactions) return { ledger: earlier };
  makeKeepDirectory(keepIn, dataDirectory);
  if (wal.segments.length > 0) await copySegments(dataDirectory, timeline, wal.segments, keepIn);
  faultPoint('keep-diverged', 'during');
  const rows = await readRows(context, wal, forkLsn, keepIn, rowsMax);
  const commits = wal.transactions.flatMap(({ committedAt }) => committedAt ?? []).sort();
  const ledger: LossLedger = {
    node: nodeName,
    timeline,
    fromLsn: forkLsn,
    toLsn: wal.endLsn,
    bytes: Number(lsnBytes(wal.endLsn) - lsnBytes(forkLsn)),
    transactions: wal.transactions.length,
    firstCommitAt: commits[0] ?? null,
    lastCommitAt: commits.at(-1) ?? null,
    ...rows,
    keptIn: keepIn,
  };
  writeFileAtomically(path.join(keepIn, LEDGER_FILE), `${JSON.stringify(ledger, null, 1)}\n`);
  return { ledger };
};
