/**
 * The leadership that this node knows of, durable. Every change is written as part of a journal entry (one fsync for both), and then
 * to a file of its own, which alone would do if the journal were lost.
 */
import path from 'node:path';
import { z } from 'zod';
import type { JournalRecord } from '../../lib/agent-contract/commands.ts';
import { readJsonFile, writeFileAtomically } from '../journal/atomic-file.ts';
import type { CommandJournal } from '../journal/command-journal.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import type { Log } from '../log.ts';
import { UNCLAIMED, fence, inCluster } from './rules.ts';
import type { Leadership } from './rules.ts';

const AUTHORITY_FILE = 'authority.json';
/** The journal has it already: the file may follow when nobody waits. */
const FILE_DELAY_MS = 1500;

const Stored = z.object({
  /** Grows with each change: of the file and the journal the greater one is the newer. */
  revision: z.number().int().nonnegative(),
  cluster: z.string().nullable(),
  termSeen: z.number().int().nonnegative(),
  /** Absent in what an earlier release wrote. */
  ordersSeen: z.record(z.string(), z.number().int().nonnegative()).default({}),
  holder: z.string().nullable(),
  role: z.enum(['unclaimed', 'leader', 'follower', 'fenced']),
  leaderTerm: z.number().int().nullable(),
  fenced: z.object({ at: z.string(), reason: z.string() }).nullable(),
  unusable: z.object({ since: z.string(), reason: z.string() }).nullable(),
});

/** An entry without what is the same for all that the agent writes. */
export type Note = Pick<JournalRecord, 'kind' | 'by' | 'note'> &
  Partial<Pick<JournalRecord, 'command' | 'operation' | 'step' | 'attempt' | 'verb' | 'term' | 'nonce'>> & {
    detail?: Readonly<Record<string, unknown>>;
  };

const REASON_MAX = 500;

export class LeadershipFile {
  readonly journal: CommandJournal;
  readonly #file: string;
  readonly #log: Log;
  #state: Leadership;
  #revision: number;
  #timer: NodeJS.Timeout | null = null;

  constructor(stateDirectory: string, journal: CommandJournal, log: Log) {
    this.journal = journal;
    this.#log = log;
    this.#file = path.join(stateDirectory, AUTHORITY_FILE);
    const { revision, ...state } = newestLeadership(stateDirectory, journal);
    this.#revision = revision;
    this.#state = state;
  }

  get state(): Leadership {
    return this.#state;
  }

  /** The agent has joined this cluster. */
  join(cluster: string, at: string): void {
    const next = inCluster(this.#state, cluster);
    if (next === this.#state) return;
    const from = this.#state.cluster;
    if (from === null) this.#become(next);
    else this.change(next, { kind: 'term', by: 'agent', note: `Joined ${cluster}; the terms of ${from} no longer count.` }, at);
  }

  /**
   * Journals, with what leadership becomes by it when that changes. Durable on return.
   * @throws JournalUnwritable; then nothing has changed.
   */
  change(next: Leadership, note: Note, at: string): void {
    const { detail, note: sentence, kind, by } = note;
    const changed = next !== this.#state;
    this.journal.append({
      at,
      kind,
      by,
      command: note.command ?? null,
      operation: note.operation ?? null,
      step: note.step ?? null,
      attempt: note.attempt ?? null,
      verb: note.verb ?? null,
      term: note.term ?? null,
      nonce: note.nonce ?? null,
      note: sentence,
      detail:
        detail === undefined && !changed
          ? null
          : { ...detail, ...(changed ? { leadership: { revision: this.#revision + 1, ...next } } : {}) },
    });
    if (changed) this.#become(next);
  }

  /** Fenced, whatever the journal says to it: the server has been stopped, and must not come back only because a disk is full. */
  fenceAnyway(reason: string, at: string, detail: Readonly<Record<string, unknown>>): void {
    const next = fence(this.#state, at, reason.slice(0, REASON_MAX));
    try {
      this.change(next, { kind: 'fenced', by: 'agent', note: reason, term: this.#state.termSeen, detail }, at);
    } catch (error) {
      this.#log.error('fence-not-journaled', { message: messageOf(error) });
      this.#become(next);
      this.#write();
    }
  }

  /**
   * From here the data directory must not be started, until `markUsable`.
   * @throws JournalUnwritable
   */
  markUnusable(reason: string, at: string): void {
    const unusable = { since: at, reason: reason.slice(0, REASON_MAX) };
    this.change({ ...this.#state, unusable }, { kind: 'directory', by: 'agent', note: `Must not be started: ${unusable.reason}` }, at);
  }

  /** @throws JournalUnwritable */
  markUsable(at: string): void {
    if (this.#state.unusable === null) return;
    this.change({ ...this.#state, unusable: null }, { kind: 'directory', by: 'agent', note: 'May be started again.' }, at);
  }

  /** Writes out what has not been, at the end. */
  close(): void {
    if (this.#timer !== null) this.#write();
  }

  #become(next: Leadership): void {
    this.#state = next;
    this.#revision += 1;
    this.#timer ??= setTimeout(() => this.#write(), FILE_DELAY_MS);
  }

  #write(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    try {
      writeFileAtomically(this.#file, `${JSON.stringify({ revision: this.#revision, ...this.#state })}\n`);
    } catch (error) {
      this.#log.repeated('authority-unwritten', messageOf(error));
    }
  }
}

type StoredLeadership = z.infer<typeof Stored>;

const readStored = (stateDirectory: string): StoredLeadership | null =>
  Stored.safeParse(readJsonFile(path.join(stateDirectory, AUTHORITY_FILE))).data ?? null;

/** The journal is written first and so is never behind, unless it could not be written, was lost or was moved away. */
export function newestLeadership(stateDirectory: string, journal: CommandJournal): StoredLeadership {
  const inFile = readStored(stateDirectory);
  const inJournal = Stored.safeParse(journal.lastLeadership?.leadership).data ?? null;
  if (inFile === null || inJournal === null) return inJournal ?? inFile ?? { revision: 0, ...UNCLAIMED };
  return inFile.revision > inJournal.revision ? inFile : inJournal;
}
