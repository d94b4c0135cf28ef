/**
 * The files of the journal: `journal-000001.jsonl` and on, each beginning with the head of the one before and with what a start needs to
 * know of the entries in it. Older ones are compressed, and removed a year after the controller has them.
 */
import {
  closeSync,
  existsSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import { createHash } from 'node:crypto';
import type { Carried } from './journal-memory.ts';

/** The one file of a release before segments. It becomes the first of them. */
const SINGLE_FILE = 'journal.jsonl';
const SEGMENT_FILE = /^journal-(\d{6})\.jsonl(\.gz)?$/;
const READ_BYTES = 64 * 1024;
/** A file from before segments may be larger than is compressed at once. */
const COMPRESSED_BYTES_MAX = 64 * 1024 * 1024;
const KEPT_MS = 365 * 24 * 60 * 60 * 1000;

export interface JournalHead {
  sequence: number;
  hash: string;
}

/** First line of a segment. The first segment of a journal from before segments has none. */
export interface SegmentHeader {
  segment: number;
  at: string;
  after: JournalHead;
  carried: Carried;
  /** Over all of the above: the chain of the entries does not cover it. */
  check: string;
}

export interface SegmentFile {
  number: number;
  file: string;
}

const checkOf = ({ segment, at, after, carried }: Omit<SegmentHeader, 'check'>): string =>
  createHash('sha256')
    .update(JSON.stringify([segment, at, after, carried]))
    .digest('hex');

export function headerLine(segment: number, after: JournalHead, carried: Carried, at: string): Buffer {
  const head = { segment, at, after, carried };
  return Buffer.from(`${JSON.stringify({ ...head, check: checkOf(head) })}\n`);
}

/** `null`: this line is no header. Throws when it is one that was changed. */
export function readHeader(line: string): SegmentHeader | null {
  if (!line.startsWith('{"segment":')) return null;
  const header = JSON.parse(line) as SegmentHeader;
  if (header.check !== checkOf(header)) throw new Error('its first line was changed');
  return header;
}

const segmentPath = (directory: string, number: number): string => path.join(directory, `journal-${String(number).padStart(6, '0')}.jsonl`);

/** Oldest first. Of one that is there twice, a compression was cut off: the plain one counts. */
export function listSegments(directory: string): SegmentFile[] {
  if (!existsSync(directory)) return [];
  const found = new Map<number, SegmentFile>();
  for (const name of readdirSync(directory).sort()) {
    const match = SEGMENT_FILE.exec(name);
    const number = Number(match?.[1]);
    if (match !== null && !found.has(number)) found.set(number, { number, file: path.join(directory, name) });
  }
  const single = path.join(directory, SINGLE_FILE);
  if (found.size === 0 && existsSync(single)) return [{ number: 1, file: single }];
  return [...found.values()].sort((a, b) => a.number - b.number);
}

/**
 * Makes the one file of an older release the first segment. Segments beside it are from before that older release was installed again: its
 * chain is the one that the controller knows now, and theirs is set aside.
 */
export function takeOverSingleFile(directory: string): void {
  const single = path.join(directory, SINGLE_FILE);
  if (!existsSync(single)) return;
  const segments = readdirSync(directory).filter((name) => SEGMENT_FILE.test(name));
  if (segments.length > 0) {
    const aside = path.join(directory, `journal-set-aside-${Date.now()}`);
    mkdirSync(aside, { mode: 0o700 });
    for (const name of segments) renameSync(path.join(directory, name), path.join(aside, name));
  }
  renameSync(single, segmentPath(directory, 1));
  syncDirectory(directory);
}

/** Opens the newest segment, or the first of a new journal, for appending. */
export function openForAppending(directory: string, newest: SegmentFile | undefined): { handle: number; segment: SegmentFile } {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const segment = newest ?? { number: 1, file: segmentPath(directory, 1) };
  const handle = openSync(segment.file, 'a+', 0o600);
  giveToOwner(directory, handle);
  return { handle, segment };
}

/** Begins a segment with its header, durably. Throws, and leaves no file, when the disk does not take it. */
export function beginSegment(directory: string, number: number, header: Buffer): { handle: number; segment: SegmentFile } {
  const file = segmentPath(directory, number);
  const handle = openSync(file, 'ax+', 0o600);
  try {
    giveToOwner(directory, handle);
    for (let written = 0; written < header.length;) written += writeSync(handle, header, written);
    fsyncSync(handle);
    syncDirectory(directory);
    return { handle, segment: { number, file } };
  } catch (error) {
    closeSync(handle);
    rmSync(file, { force: true });
    throw error;
  }
}

/** Written by root (`sudo farshore-agent fence`), it belongs to the owner of the directory, who runs the agent. */
function giveToOwner(directory: string, handle: number): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(directory);
  fchownSync(handle, uid, gid);
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

export interface Line {
  text: Buffer;
  offset: number;
  /** False: the end of the file came before the end of the line. */
  whole: boolean;
}

/** The lines of a segment with their places, in pieces where it is not compressed. Lines longer than `bytesMax` end it as not whole. */
export function* readLines(file: string, bytesMax: number): Generator<Line> {
  if (file.endsWith('.gz')) {
    const all = gunzipSync(readFileSync(file));
    for (let from = 0; from < all.length;) {
      const end = all.indexOf(10, from);
      yield { text: all.subarray(from, end === -1 ? undefined : end), offset: from, whole: end !== -1 };
      from = end === -1 ? all.length : end + 1;
    }
    return;
  }
  const handle = openSync(file, 'r');
  try {
    yield* readPlainLines(handle, bytesMax);
  } finally {
    closeSync(handle);
  }
}

function* readPlainLines(handle: number, bytesMax: number): Generator<Line> {
  const chunk = Buffer.alloc(READ_BYTES);
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let offset = 0;
  for (let position = 0; ;) {
    const got = readSync(handle, chunk, 0, READ_BYTES, position);
    if (got === 0) break;
    position += got;
    let from = 0;
    for (let end = chunk.indexOf(10, from); end !== -1 && end < got; end = chunk.indexOf(10, from)) {
      const text = Buffer.concat([...pending, chunk.subarray(from, end)]);
      yield { text, offset, whole: true };
      offset += text.length + 1;
      pending = [];
      pendingBytes = 0;
      from = end + 1;
    }
    pending.push(Buffer.from(chunk.subarray(from, got)));
    pendingBytes += got - from;
    if (pendingBytes > bytesMax) break;
  }
  if (pendingBytes > 0) yield { text: Buffer.concat(pending), offset, whole: false };
}

/** The header of a segment; `null` when it has none. */
export function headerOf({ file }: SegmentFile, bytesMax: number): SegmentHeader | null {
  for (const { text, whole } of readLines(file, bytesMax)) return whole ? readHeader(text.toString('utf8')) : null;
  return null;
}

/** Bytes of a segment from `offset` on; `handle` where it is open. Compressed ones are read whole. */
export function readAt({ file }: SegmentFile, handle: number | null, offset: number, bytes: number): Buffer {
  if (handle === null && file.endsWith('.gz')) return gunzipSync(readFileSync(file)).subarray(offset, offset + bytes);
  const own = handle ?? openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    for (let read = 0; read < bytes;) {
      const got = readSync(own, buffer, read, bytes - read, offset + read);
      if (got === 0) throw new Error(`The journal ${file} is shorter than it was.`);
      read += got;
    }
    return buffer;
  } finally {
    if (handle === null) closeSync(own);
  }
}

/** Compresses a segment, keeping its time. @returns its new place; the old one when it is too large, or the disk has no room for both. */
export async function compress(segment: SegmentFile): Promise<SegmentFile> {
  const { number, file } = segment;
  if (file.endsWith('.gz') || statSync(file).size > COMPRESSED_BYTES_MAX) return segment;
  const target = `${file}.gz`;
  try {
    const { atime, mtime } = statSync(file);
    writeFileSync(`${target}.tmp`, await promisify(gzip)(readFileSync(file)), { mode: 0o600, flush: true });
    utimesSync(`${target}.tmp`, atime, mtime);
    renameSync(`${target}.tmp`, target);
    rmSync(file, { force: true });
    return { number, file: target };
  } catch {
    rmSync(`${target}.tmp`, { force: true });
    return segment;
  }
}

export const isPastKeeping = ({ file }: SegmentFile, nowMs: number): boolean => nowMs - statSync(file).mtimeMs > KEPT_MS;
