/**
 * Records commands, effects and refusals of this agent: one JSON line per entry, each with the hash of the one before, in segments of 8 MiB
 * (journal-files.ts). A line is on disk (fsync) before the effect that it announces leaves. Opening reads the last two segments: a torn
 * last line, as a crash leaves it, is cut off; anything else that does not fit means that a file was changed, and then nothing more is written.
 */
import { createHash } from 'node:crypto';
import { closeSync, fdatasyncSync, fsyncSync, ftruncateSync, rmSync, statSync, writeSync } from 'node:fs';
import { JOURNAL_GENESIS, RESULT_BYTES_MAX } from '../../lib/agent-contract/commands.ts';
import type { CommandResult, JournalEntry, JournalRecord } from '../../lib/agent-contract/commands.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import { JournalMemory } from './journal-memory.ts';
import type { KnownCommand, Place } from './journal-memory.ts';
import {
  beginSegment,
  compress,
  headerLine,
  headerOf,
  isPastKeeping,
  listSegments,
  openForAppending,
  readAt,
  readHeader,
} from './journal-files.ts';
import { readLines, takeOverSingleFile } from './journal-files.ts';
import type { JournalHead, SegmentFile, SegmentHeader } from './journal-files.ts';

/** A segment that has reached this is followed by another one. */
export const SEGMENT_BYTES_MAX = 8 * 1024 * 1024;
/** Read at a start, and never compressed: what commands may still refer to. */
const SEGMENTS_READ = 2;
/** Large results fill segments quickly: entries younger than this are read too. Commands expire long before. */
const READ_BACK_MS = 60 * 60 * 1000;
/** A line holds an entry's text as JSON in JSON: at most twice as long, and some more. */
export const LINE_BYTES_MAX = 2 * RESULT_BYTES_MAX + 1024;
/** The journal can't be written: no effect may leave. The message is a sentence with what to do. */
export class JournalUnwritable extends Error {
  override name = 'JournalUnwritable';
}

export const hashOf = (prevHash: string, text: string): string => createHash('sha256').update(prevHash).update(text).digest('hex');
export const argsHashOf = (args: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(args ?? null))
    .digest('hex');

/** A segment of which every line's place is known. */
interface ReadSegment extends SegmentFile {
  first: number;
  offsets: number[];
  bytes: number;
}

export class CommandJournal {
  readonly #directory: string;
  readonly #readOnly: boolean;
  readonly #segmentBytesMax: number;
  #handle: number | null = null;
  /** All there are, oldest first; the last one is written. */
  #segments: SegmentFile[] = [];
  /** Those that were read at the start or written since. */
  #read: ReadSegment[] = [];
  #head: JournalHead = { sequence: 0, hash: JOURNAL_GENESIS };
  #broken: string | null = null;
  readonly #memory = new JournalMemory();
  /** The controller has everything up to here. */
  #acceptedThrough = 0;
  #tidying = false;
  /** Bytes that a crash had left half written and that were cut off. */
  tornBytes = 0;

  /**
   * Never throws: a journal that can't be used says so in `broken`.
   * @param access `read` looks beside a running agent, which may be in the middle of a line, and changes nothing.
   */
  constructor(stateDirectory: string, access: 'append' | 'read' = 'append', segmentBytesMax = SEGMENT_BYTES_MAX) {
    this.#directory = stateDirectory;
    this.#readOnly = access === 'read';
    this.#segmentBytesMax = segmentBytesMax;
    try {
      if (!this.#readOnly) takeOverSingleFile(stateDirectory);
      this.#segments = listSegments(stateDirectory);
      this.#readBack();
      if (this.#broken === null && !this.#readOnly) this.#open();
    } catch (error) {
      this.#broken ??= `The journal in ${stateDirectory} can't be opened: ${messageOf(error)}. Make it writable for the user that runs the agent.`;
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
    return this.#memory.lastLeadership;
  }

  command(key: string): KnownCommand | null {
    return this.#memory.command(key);
  }

  /** When the newest command that was taken up here was issued. */
  get newestIssuedAt(): string | null {
    return this.#memory.newestIssuedAt;
  }

  nonceSeen(nonce: string): boolean {
    return this.#memory.nonceSeen(nonce);
  }

  commands(): Iterable<KnownCommand> {
    return this.#memory.commands();
  }

  /** The stored result of a command that has ended. Throws when the line can't be read. */
  resultOf(known: KnownCommand): CommandResult | null {
    if (known.ended === null) return null;
    const { detail } = JSON.parse(this.#lineAt(known.ended).text) as JournalRecord;
    return (detail as { result?: CommandResult } | null)?.result ?? null;
  }

  /** Entries from `sequence` on, oldest first, at most so many and (but for the first) so many bytes. What was removed is left out. */
  entriesFrom(sequence: number, entriesMax: number, bytesMax: number): JournalEntry[] {
    const entries: JournalEntry[] = [];
    let bytes = 0;
    for (let at = Math.max(1, sequence); at <= this.#head.sequence && entries.length < entriesMax; at += 1) {
      const segment = this.#segmentOf(at);
      if (segment === null) continue;
      const place = placeIn(segment, at);
      bytes += place.bytes;
      if (entries.length > 0 && bytes > bytesMax) break;
      entries.push(this.#lineAt(place));
    }
    return entries;
  }

  /**
   * Writes an entry and waits until it is on disk.
   * @throws JournalUnwritable
   */
  append(record: JournalRecord): JournalEntry {
    if (this.#broken !== null || this.#handle === null) throw new JournalUnwritable(this.#broken ?? 'The journal was closed.');
    if (this.#current.bytes >= this.#segmentBytesMax && this.#current.offsets.length > 0) this.#rotate();
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
    this.#take(entry, record, this.#current, line.length);
    return entry;
  }

  /** The controller holds everything up to this entry. */
  accepted(through: number): void {
    this.#acceptedThrough = Math.max(this.#acceptedThrough, through);
  }

  /** Compresses one old segment, or removes one that is no longer kept. Call it now and then, while nothing presses. Never throws. */
  async tidy(nowMs: number): Promise<void> {
    if (this.#readOnly || this.#tidying || this.#broken !== null) return;
    this.#tidying = true;
    try {
      const old = this.#segments.slice(0, -SEGMENTS_READ);
      const [oldest, next] = this.#segments;
      if (old.length > 0 && oldest !== undefined && next !== undefined && isPastKeeping(oldest, nowMs)) {
        const lastOfOldest = headerOf(next, LINE_BYTES_MAX)?.after.sequence ?? Number.POSITIVE_INFINITY;
        if (lastOfOldest <= this.#acceptedThrough) this.#forget(oldest);
      }
      const plain = old.find(({ file }) => !file.endsWith('.gz') && this.#segments.some((segment) => segment.file === file));
      if (plain !== undefined) this.#moved(await compress(plain));
    } catch {
      // It is tried again the next time; until then the segment stays as it is.
    } finally {
      this.#tidying = false;
    }
  }

  close(): void {
    if (this.#handle !== null) closeSync(this.#handle);
    this.#handle = null;
  }

  get #current(): ReadSegment {
    const current = this.#read.at(-1);
    if (current === undefined) throw new Error('The journal was not opened.');
    return current;
  }

  #forget(segment: SegmentFile): void {
    rmSync(segment.file, { force: true });
    this.#segments = this.#segments.filter((other) => other !== segment);
    this.#read = this.#read.filter(({ number }) => number !== segment.number);
  }

  #moved(segment: SegmentFile): void {
    this.#segments = this.#segments.map((other) => (other.number === segment.number ? segment : other));
    for (const read of this.#read) if (read.number === segment.number) read.file = segment.file;
  }

  /** Begins the next segment; keeps writing to the present one when the disk refuses a new file. */
  #rotate(): void {
    const { number } = this.#current;
    try {
      const header = headerLine(number + 1, this.#head, this.#memory.carried(), new Date().toISOString());
      const begun = beginSegment(this.#directory, number + 1, header);
      if (this.#handle !== null) closeSync(this.#handle);
      this.#handle = begun.handle;
      this.#segments.push(begun.segment);
      this.#read.push({ ...begun.segment, first: this.#head.sequence + 1, offsets: [], bytes: header.length });
    } catch {
      // The append that follows says what is wrong with the disk.
    }
  }

  /** A line that was not written whole is cut off again, so that the next attempt finds the chain as it was. */
  #takeBack(error: unknown): never {
    const { file, bytes } = this.#current;
    try {
      if (this.#handle !== null) ftruncateSync(this.#handle, bytes);
    } catch {
      this.#broken = `The journal ${file} could not be written, nor put back: ${messageOf(error)}. Mend the disk and restart the agent.`;
    }
    throw new JournalUnwritable(`The journal ${file} can't be written: ${messageOf(error)}. Free space on that volume; nothing was done.`);
  }

  #lineAt({ segment, offset, bytes }: Place): JournalEntry {
    const file = this.#segments.find(({ number }) => number === segment);
    if (file === undefined) throw new Error(`The segment ${segment} of the journal is no longer kept.`);
    const isOpen = segment === this.#read.at(-1)?.number;
    if (isOpen && this.#handle === null && !this.#readOnly) throw new Error('The journal was closed.');
    return JSON.parse(readAt(file, isOpen ? this.#handle : null, offset, bytes).toString('utf8')) as JournalEntry;
  }

  /** The segment that holds an entry; older ones are read when they are asked for. `null`: it was removed. */
  #segmentOf(sequence: number): ReadSegment | null {
    for (;;) {
      const oldest = this.#read[0];
      if (oldest === undefined) return null;
      if (sequence >= oldest.first) return this.#read.findLast(({ first }) => first <= sequence) ?? null;
      const before = this.#segments.findLast(({ number }) => number < oldest.number);
      if (before === undefined) return null;
      this.#read.unshift(this.#placesOf(before));
    }
  }

  /** Where the lines of an old segment lie, without taking in what they say. */
  #placesOf(segment: SegmentFile): ReadSegment {
    const read: ReadSegment = { ...segment, first: 1, offsets: [], bytes: 0 };
    for (const { text, offset } of readLines(segment.file, LINE_BYTES_MAX)) {
      const header = offset === 0 ? readHeader(text.toString('utf8')) : null;
      if (header === null) read.offsets.push(offset);
      else read.first = header.after.sequence + 1;
      read.bytes = offset + text.length + 1;
    }
    return read;
  }

  #take(entry: JournalEntry, record: JournalRecord, segment: ReadSegment, bytes: number): void {
    const place: Place = { segment: segment.number, offset: segment.bytes, bytes };
    this.#head = { sequence: entry.sequence, hash: entry.hash };
    segment.offsets.push(place.offset);
    segment.bytes += bytes;
    this.#memory.take(entry.sequence, record, place);
  }

  /** The last two segments, and before them those that were written to within the last hour. */
  #readBack(): void {
    let from = Math.max(0, this.#segments.length - SEGMENTS_READ);
    const youngAt = new Date(Date.now() - READ_BACK_MS).toISOString();
    while (from > 0 && (this.#headerOf(this.#segments[from]!)?.at ?? '') > youngAt) from -= 1;
    for (const [index, segment] of this.#segments.slice(from).entries()) {
      const isLast = from + index === this.#segments.length - 1;
      this.#readSegment(segment, index === 0, isLast);
      if (this.#broken !== null) return;
    }
  }

  #headerOf(segment: SegmentFile): SegmentHeader | null {
    try {
      return headerOf(segment, LINE_BYTES_MAX);
    } catch {
      return null;
    }
  }

  #readSegment(file: SegmentFile, isFirstRead: boolean, isLast: boolean): void {
    const segment: ReadSegment = { ...file, first: this.#head.sequence + 1, offsets: [], bytes: 0 };
    this.#read.push(segment);
    for (const { text, offset, whole } of readLines(file.file, LINE_BYTES_MAX)) {
      const line = text.toString('utf8');
      const isHeader = offset === 0 && file.number > 1 && whole;
      const fits = isHeader ? this.#readHeaderLine(line, segment, isFirstRead) : whole && this.#readLine(line, segment, text.length + 1);
      if (fits) continue;
      const bytes = text.length + (whole ? 1 : 0);
      // Only a last line can be the rest of a crash.
      if (this.#broken === null && isLast && offset + bytes === statSync(file.file).size) this.#cutOff(segment, bytes);
      else this.#broken ??= this.#damagedAt(file);
      return;
    }
  }

  #readHeaderLine(line: string, segment: ReadSegment, isFirstRead: boolean): boolean {
    let header: SegmentHeader | null;
    try {
      header = readHeader(line);
    } catch {
      return false;
    }
    if (header === null || header.segment !== segment.number) return false;
    const { after, carried } = header;
    if (isFirstRead) {
      this.#head = after;
      this.#memory.takeUp(carried);
    } else if (after.sequence !== this.#head.sequence || after.hash !== this.#head.hash) {
      this.#broken = this.#damagedAt(segment);
      return false;
    }
    segment.first = after.sequence + 1;
    segment.bytes = Buffer.byteLength(line) + 1;
    return true;
  }

  /** False: the line is no entry, or (then `broken` is set) one that does not continue the chain. */
  #readLine(line: string, segment: ReadSegment, bytes: number): boolean {
    let entry: JournalEntry;
    let record: JournalRecord;
    try {
      entry = JSON.parse(line) as JournalEntry;
      record = JSON.parse(entry.text) as JournalRecord;
    } catch {
      return false;
    }
    const follows = entry.sequence === this.#head.sequence + 1 && entry.prevHash === this.#head.hash;
    if (!follows || entry.hash !== hashOf(entry.prevHash, entry.text)) {
      this.#broken = this.#damagedAt(segment);
      return false;
    }
    this.#take(entry, record, segment, bytes);
    return true;
  }

  /** @param bytes of the torn line. A segment of which only a part of its first line was written is begun again. */
  #cutOff(segment: ReadSegment, bytes: number): void {
    this.tornBytes = this.#readOnly ? 0 : bytes;
    if (segment.bytes > 0 || segment.number === 1 || this.#readOnly) return;
    rmSync(segment.file, { force: true });
    this.#segments.pop();
    this.#read.pop();
  }

  #open(): void {
    const { handle, segment } = openForAppending(this.#directory, this.#segments.at(-1));
    this.#handle = handle;
    if (this.#segments.length === 0) this.#segments.push(segment);
    if (this.#read.length === 0) this.#read.push({ ...segment, first: 1, offsets: [], bytes: 0 });
    if (this.tornBytes === 0) return;
    ftruncateSync(handle, this.#current.bytes);
    fsyncSync(handle);
  }

  #damagedAt({ file }: SegmentFile): string {
    return `The journal ${file} is damaged after entry ${this.#head.sequence}: it was changed, or the disk lost a part of it. Keep it for examination, move it away and restart the agent; the controller records the break.`;
  }
}

function placeIn({ number, first, offsets, bytes }: ReadSegment, sequence: number): Place {
  const offset = offsets[sequence - first] ?? 0;
  return { segment: number, offset, bytes: (offsets[sequence - first + 1] ?? bytes) - offset };
}
