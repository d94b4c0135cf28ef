/**
 * What this agent was told, did and refused: one JSON line per entry, each with the hash of the one before. A line is on disk (fsync)
 * before the effect that it announces leaves. Opening reads the whole chain once: a torn last line, as a crash leaves it, is cut off;
 * anything else that does not fit means that the file was changed, and then nothing more is written.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  fchownSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { JOURNAL_GENESIS, RESULT_BYTES_MAX } from '../../lib/agent-contract/commands.ts';
import type { CommandResult, JournalEntry, JournalRecord } from '../../lib/agent-contract/commands.ts';
import { looksOnly } from '../../lib/agent-contract/verbs.ts';
import { codeOf, messageOf } from '../log.ts';

export const JOURNAL_FILE = 'journal.jsonl';
const READ_BYTES = 64 * 1024;
/** A line holds an entry's text as JSON in JSON: at most twice as long, and some more. */
const LINE_BYTES_MAX = 2 * RESULT_BYTES_MAX + 1024;
/** Commands remembered for repetition. Older ones have expired long ago. */
const COMMANDS_MAX = 5000;

/** The journal can't be written: no effect may leave. The message is a sentence with what to do. */
export class JournalUnwritable extends Error {
  override name = 'JournalUnwritable';
}

/** Where a line lies, so that what is large need not stay in memory. */
interface Place {
  offset: number;
  bytes: number;
}

/** A command that this agent has taken up or refused. */
export interface KnownCommand {
  key: string;
  command: string;
  operation: string | null;
  step: string;
  attempt: number;
  verb: string | null;
  argsHash: string | null;
  sequence: number;
  /** `null`: started, and no end was written. */
  ended: Place | null;
}

const KINDS_OF_END: ReadonlySet<JournalRecord['kind']> = new Set(['done', 'failed', 'refused']);

/** By what a command is known to be the same: its place in an operation, or, outside of one, its own id. */
export const commandKey = (command: { id: string; operation: string | null; step: string; attempt: number }): string =>
  command.operation === null ? command.id : `${command.operation}/${command.step}/${command.attempt}`;

export const hashOf = (prevHash: string, text: string): string => createHash('sha256').update(prevHash).update(text).digest('hex');
export const argsHashOf = (args: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(args ?? null))
    .digest('hex');

/** Written by root (`sudo farshore-agent fence`), it belongs to the owner of the directory, who runs the agent. */
function openForAppending(stateDirectory: string, file: string): number {
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  const handle = openSync(file, 'a+', 0o600);
  if (process.getuid?.() === 0) {
    const { uid, gid } = statSync(stateDirectory);
    fchownSync(handle, uid, gid);
  }
  return handle;
}

export class CommandJournal {
  readonly file: string;
  #handle: number | null = null;
  #bytes = 0;
  #head = { sequence: 0, hash: JOURNAL_GENESIS };
  #broken: string | null = null;
  #places: number[] = [];
  readonly #commands = new Map<string, KnownCommand>();
  readonly #nonces = new Set<string>();
  #newestIssuedAt: string | null = null;
  #lastLeadership: { sequence: number; leadership: unknown } | null = null;
  /** Bytes that a crash had left half written and that were cut off. */
  tornBytes = 0;

  readonly #readOnly: boolean;

  /**
   * Never throws: a journal that can't be used says so in `broken`.
   * @param access `read` looks beside a running agent, which may be in the middle of a line, and changes nothing.
   */
  constructor(stateDirectory: string, access: 'append' | 'read' = 'append') {
    this.file = path.join(stateDirectory, JOURNAL_FILE);
    this.#readOnly = access === 'read';
    try {
      this.#handle = this.#readOnly ? openSync(this.file, 'r') : openForAppending(stateDirectory, this.file);
      this.#readAll();
    } catch (error) {
      // Nothing was written yet.
      if (this.#readOnly && codeOf(error) === 'ENOENT') return;
      this.#broken ??= `The journal ${this.file} can't be opened: ${messageOf(error)}. Make it writable for the user that runs the agent.`;
    }
  }

  /** Why nothing can be written, as a sentence; `null` = it works. */
  get broken(): string | null {
    return this.#broken;
  }

  /** Sequence and hash of the last entry; sequence 0 and the genesis hash of an empty journal. */
  get head(): { sequence: number; hash: string } {
    return this.#head;
  }

  /** The last leadership that an entry carries; `null` = none does. */
  get lastLeadership(): { sequence: number; leadership: unknown } | null {
    return this.#lastLeadership;
  }

  command(key: string): KnownCommand | null {
    return this.#commands.get(key) ?? null;
  }

  /** When the newest command that was taken up here was issued. */
  get newestIssuedAt(): string | null {
    return this.#newestIssuedAt;
  }

  nonceSeen(nonce: string): boolean {
    return this.#nonces.has(nonce);
  }

  commands(): Iterable<KnownCommand> {
    return this.#commands.values();
  }

  /** The stored result of a command that has ended. Throws when the line can't be read. */
  resultOf(known: KnownCommand): CommandResult | null {
    if (known.ended === null) return null;
    const { detail } = JSON.parse(this.#lineAt(known.ended).text) as JournalRecord;
    return (detail as { result?: CommandResult } | null)?.result ?? null;
  }

  /** Entries from `sequence` on, oldest first, at most so many and (but for the first) so many bytes. */
  entriesFrom(sequence: number, entriesMax: number, bytesMax: number): JournalEntry[] {
    const entries: JournalEntry[] = [];
    let bytes = 0;
    for (let at = Math.max(1, sequence); at <= this.#head.sequence && entries.length < entriesMax; at += 1) {
      const offset = this.#places[at - 1] ?? 0;
      const length = (this.#places[at] ?? this.#bytes) - offset;
      bytes += length;
      if (entries.length > 0 && bytes > bytesMax) break;
      entries.push(this.#lineAt({ offset, bytes: length }));
    }
    return entries;
  }

  /**
   * Writes an entry and waits until it is on disk.
   * @throws JournalUnwritable
   */
  append(record: JournalRecord): JournalEntry {
    if (this.#broken !== null || this.#handle === null) throw new JournalUnwritable(this.#broken ?? 'The journal was closed.');
    const text = JSON.stringify(record);
    const { sequence, hash: prevHash } = this.#head;
    const entry: JournalEntry = { sequence: sequence + 1, text, prevHash, hash: hashOf(prevHash, text) };
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    try {
      for (let written = 0; written < line.length;) written += writeSync(this.#handle, line, written);
      fdatasyncSync(this.#handle);
    } catch (error) {
      this.#takeBack(error);
    }
    this.#take(entry, record, { offset: this.#bytes, bytes: line.length });
    return entry;
  }

  close(): void {
    if (this.#handle !== null) closeSync(this.#handle);
    this.#handle = null;
  }

  /** What could not be written whole is cut off again, so that the next attempt finds the chain as it was. */
  #takeBack(error: unknown): never {
    try {
      if (this.#handle !== null) ftruncateSync(this.#handle, this.#bytes);
    } catch {
      this.#broken = `The journal ${this.file} could not be written, nor put back: ${messageOf(error)}. Mend the disk and restart the agent.`;
    }
    throw new JournalUnwritable(
      `The journal ${this.file} can't be written: ${messageOf(error)}. Free space on that volume; nothing was done.`,
    );
  }

  #lineAt({ offset, bytes }: Place): JournalEntry {
    if (this.#handle === null) throw new Error('The journal was closed.');
    const buffer = Buffer.alloc(bytes);
    for (let read = 0; read < bytes;) {
      const got = readSync(this.#handle, buffer, read, bytes - read, offset + read);
      if (got === 0) throw new Error(`The journal ${this.file} is shorter than it was.`);
      read += got;
    }
    return JSON.parse(buffer.toString('utf8')) as JournalEntry;
  }

  #take(entry: JournalEntry, record: JournalRecord, place: Place): void {
    this.#head = { sequence: entry.sequence, hash: entry.hash };
    this.#places.push(place.offset);
    this.#bytes = place.offset + place.bytes;
    const detail = record.detail as { leadership?: unknown; argsHash?: string; issuedAt?: string } | null;
    const issuedAt = looksOnly(record.verb ?? '') ? undefined : detail?.issuedAt;
    if (issuedAt !== undefined && (this.#newestIssuedAt === null || issuedAt > this.#newestIssuedAt)) this.#newestIssuedAt = issuedAt;
    if (detail?.leadership !== undefined) this.#lastLeadership = { sequence: entry.sequence, leadership: detail.leadership };
    if (record.nonce !== null) this.#remember(this.#nonces, record.nonce);
    if (record.command === null || record.step === null || record.attempt === null) return;
    const { command, operation, step, attempt, verb } = record;
    const key = commandKey({ id: command, operation, step, attempt });
    const ended = KINDS_OF_END.has(record.kind) ? place : null;
    if (record.kind !== 'started' && ended === null) return;
    const before = this.#commands.get(key);
    const argsHash = detail?.argsHash ?? before?.argsHash ?? null;
    this.#commands.delete(key);
    this.#commands.set(key, { key, command, operation, step, attempt, verb, argsHash, sequence: entry.sequence, ended });
    for (const oldest of this.#commands.keys()) {
      if (this.#commands.size <= COMMANDS_MAX) break;
      this.#commands.delete(oldest);
    }
  }

  #remember(set: Set<string>, value: string): void {
    set.add(value);
    for (const oldest of set) {
      if (set.size <= COMMANDS_MAX) break;
      set.delete(oldest);
    }
  }

  #readAll(): void {
    const handle = this.#handle;
    if (handle === null) return;
    const chunk = Buffer.alloc(READ_BYTES);
    let pending: Buffer[] = [];
    let pendingBytes = 0;
    let position = 0;
    for (;;) {
      const got = readSync(handle, chunk, 0, READ_BYTES, position);
      if (got === 0) break;
      position += got;
      let from = 0;
      for (let end = chunk.indexOf(10, from); end !== -1 && end < got; end = chunk.indexOf(10, from)) {
        const line = Buffer.concat([...pending, chunk.subarray(from, end)]);
        pending = [];
        pendingBytes = 0;
        from = end + 1;
        if (!this.#readLine(line)) {
          // Only a last line can be the rest of a crash.
          const isLast = readSync(handle, Buffer.alloc(1), 0, 1, this.#bytes + line.length + 1) === 0;
          if (this.#broken === null && isLast) this.#cutOff(line.length + 1);
          else this.#broken ??= this.#damagedAt();
          return;
        }
      }
      pending.push(Buffer.from(chunk.subarray(from, got)));
      pendingBytes += got - from;
      if (pendingBytes > LINE_BYTES_MAX) {
        this.#broken = this.#damagedAt();
        return;
      }
    }
    if (pendingBytes > 0) this.#cutOff(pendingBytes);
  }

  /** False: the line is no entry, or (then `broken` is set) one that does not continue the chain. */
  #readLine(line: Buffer): boolean {
    let entry: JournalEntry;
    let record: JournalRecord;
    try {
      entry = JSON.parse(line.toString('utf8')) as JournalEntry;
      record = JSON.parse(entry.text) as JournalRecord;
    } catch {
      return false;
    }
    const follows = entry.sequence === this.#head.sequence + 1 && entry.prevHash === this.#head.hash;
    if (!follows || entry.hash !== hashOf(entry.prevHash, entry.text)) {
      this.#broken = this.#damagedAt();
      return false;
    }
    this.#take(entry, record, { offset: this.#bytes, bytes: line.length + 1 });
    return true;
  }

  #cutOff(bytes: number): void {
    if (this.#handle === null || this.#readOnly) return;
    ftruncateSync(this.#handle, this.#bytes);
    fsyncSync(this.#handle);
    this.tornBytes = bytes;
  }

  #damagedAt(): string {
    return `The journal ${this.file} is damaged after entry ${this.#head.sequence}: it was changed, or the disk lost a part of it. Keep it for examination, move it away and restart the agent; the controller records the break.`;
  }
}
