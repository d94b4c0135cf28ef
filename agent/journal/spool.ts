/**
 * The bounded disk buffer for samples that the controller has not acknowledged: files of JSON lines, oldest first. Full resolution
 * for an hour, one sample in ten seconds up to a day, at most 32 MB; beyond that the oldest are dropped, and counted.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { readJsonFile, writeFileIfPossible } from './atomic-file.ts';

export const SPOOL_BYTES_MAX = 32 * 1024 * 1024;
export const SPOOL_FULL_RESOLUTION_MS = 60 * 60 * 1000;
export const SPOOL_KEEP_MS = 24 * 60 * 60 * 1000;
export const SPOOL_THINNED_INTERVAL_MS = 10_000;
const SEGMENT_SAMPLES_MAX = 300;
const SEGMENT_BYTES_MAX = 1024 * 1024;
const SYNC_INTERVAL_MS = 1000;

/** A sample as it waits to be sent. `json` is its whole text, one line, and begins with its sequence and its time. */
export interface SpoolEntry {
  sequence: number;
  atMs: number;
  json: string;
}

export interface SpoolCounts {
  samples: number;
  bytes: number;
  oldestAtMs: number | null;
  /** Dropped because the buffer was full or a sample was older than a day. */
  lostSamples: number;
  /** Left out on purpose when an hour-old stretch was thinned to one sample in ten seconds. */
  thinnedSamples: number;
}

interface Segment {
  file: string;
  first: number;
  last: number;
  samples: number;
  bytes: number;
  oldestAtMs: number;
  newestAtMs: number;
  thinned: boolean;
}

const LINE_START = /^\{"sequence":(\d+),"observedAt":"([^"]+)"/;

/** Entry of a line, or `null` when it is torn (a crash in the middle of a write) or not ours. */
function parseLine(line: string): SpoolEntry | null {
  const match = LINE_START.exec(line);
  if (match === null || !line.endsWith('}')) return null;
  const atMs = Date.parse(match[2] ?? '');
  return Number.isNaN(atMs) ? null : { sequence: Number(match[1]), atMs, json: line };
}

function readEntries(file: string): SpoolEntry[] {
  try {
    const raw = readFileSync(file);
    const text = file.endsWith('.gz') ? gunzipSync(raw).toString('utf8') : raw.toString('utf8');
    return text.split('\n').flatMap((line) => parseLine(line) ?? []);
  } catch {
    // A segment that can't be read is lost; the buffer continues with the others.
    return [];
  }
}

function describeSegment(file: string, entries: readonly SpoolEntry[], bytes: number): Segment | null {
  const [first, last] = [entries[0], entries.at(-1)];
  if (first === undefined || last === undefined) return null;
  const common = { file, first: first.sequence, last: last.sequence, samples: entries.length, bytes };
  return { ...common, oldestAtMs: first.atMs, newestAtMs: last.atMs, thinned: file.endsWith('.gz') };
}

/** The segments in a directory, oldest first; those without any whole line are named in `empty`. Changes nothing. */
function listSegments(directory: string): { segments: Segment[]; empty: string[] } {
  if (!existsSync(directory)) return { segments: [], empty: [] };
  const files = readdirSync(directory)
    .filter((name) => /^\d{16}\.jsonl(\.gz)?$/.test(name))
    .sort()
    .map((name) => path.join(directory, name));
  const described = files.map((file) => ({ file, segment: describeSegment(file, readEntries(file), statSync(file).size) }));
  return {
    segments: described.flatMap(({ segment }) => segment ?? []),
    empty: described.filter(({ segment }) => segment === null).map(({ file }) => file),
  };
}

/** Reads only: the agent may be running. `null` when there is no such directory. */
export function readSpoolCounts(directory: string): Pick<SpoolCounts, 'samples' | 'bytes' | 'oldestAtMs'> | null {
  if (!existsSync(directory)) return null;
  return total(listSegments(directory).segments);
}

const total = (segments: readonly Segment[]): Pick<SpoolCounts, 'samples' | 'bytes' | 'oldestAtMs'> => ({
  samples: segments.reduce((sum, segment) => sum + segment.samples, 0),
  bytes: segments.reduce((sum, segment) => sum + segment.bytes, 0),
  oldestAtMs: segments[0]?.oldestAtMs ?? null,
});

/** Keeps the first sample of each ten seconds. */
function thin(entries: readonly SpoolEntry[]): SpoolEntry[] {
  let bucket = Number.NaN;
  return entries.filter((entry) => {
    const own = Math.floor(entry.atMs / SPOOL_THINNED_INTERVAL_MS);
    if (own === bucket) return false;
    bucket = own;
    return true;
  });
}

/** False: the disk has no room for the smaller file beside the larger one. It is tried again with the next look. */
function writeThinned(file: string, kept: readonly SpoolEntry[]): boolean {
  try {
    writeFileSync(`${file}.tmp`, gzipSync(kept.map((entry) => `${entry.json}\n`).join('')), { mode: 0o600 });
    renameSync(`${file}.tmp`, file);
    return true;
  } catch {
    rmSync(`${file}.tmp`, { force: true });
    return false;
  }
}

export class Spool {
  readonly #directory: string;
  readonly #bytesMax: number;
  #segments: Segment[] = [];
  #open: { handle: number; segment: Segment } | null = null;
  #syncedAtMs = 0;
  #unsynced = false;
  #acknowledged = 0;
  #lost = 0;
  #thinned = 0;
  #cache: { file: string; samples: number; entries: SpoolEntry[] } | null = null;

  /** Opens the buffer and finds what an earlier run left. A directory that can't be made now is made with the first sample. */
  constructor(directory: string, bytesMax = SPOOL_BYTES_MAX) {
    this.#directory = directory;
    this.#bytesMax = bytesMax;
    const counters = readJsonFile(this.#countersFile) as { lost?: number; thinned?: number } | null;
    this.#lost = counters?.lost ?? 0;
    this.#thinned = counters?.thinned ?? 0;
    const { segments, empty } = listSegments(directory);
    this.#segments = segments;
    for (const file of empty) rmSync(file, { force: true });
  }

  get #countersFile(): string {
    return path.join(this.#directory, 'counters.json');
  }

  /** Highest sequence on disk; 0 when empty. */
  get lastSequence(): number {
    return this.#segments.at(-1)?.last ?? 0;
  }

  counts(): SpoolCounts {
    return { ...total(this.#segments), lostSamples: this.#lost, thinnedSamples: this.#thinned };
  }

  /**
   * Appends samples, each with a sequence above all before. Durable after at most a second, or after `sync()`.
   * @returns how many were written, from the first on: fewer than all when the disk takes no more.
   */
  append(entries: readonly SpoolEntry[], nowMs: number): number {
    let written = 0;
    try {
      for (const entry of entries) {
        this.#appendOne(entry, nowMs);
        written += 1;
      }
      if (nowMs - this.#syncedAtMs >= SYNC_INTERVAL_MS || nowMs < this.#syncedAtMs) this.sync(nowMs);
    } catch {
      // Told by the number; why, the state directory's own look says.
      this.#cutTornLine();
    }
    this.#dropOverflow();
    return written;
  }

  #appendOne(entry: SpoolEntry, nowMs: number): void {
    const line = Buffer.from(`${entry.json}\n`);
    const { handle, segment } = this.#writable(entry, nowMs);
    for (let written = 0; written < line.length;) written += writeSync(handle, line, written);
    segment.last = entry.sequence;
    segment.samples += 1;
    segment.bytes += line.length;
    segment.newestAtMs = entry.atMs;
    this.#unsynced = true;
  }

  /** The torn end of a line that a full disk cut would spoil the next one. */
  #cutTornLine(): void {
    const open = this.#open;
    if (open === null) return;
    try {
      ftruncateSync(open.handle, open.segment.bytes);
    } catch {
      // The next line begins in a file of its own; of this one the torn line is left out when it is read.
      this.#closeOpen();
    }
    if (open.segment.samples === 0) this.#segments = this.#segments.filter((segment) => segment !== open.segment);
    if (open.segment.samples === 0) this.#closeOpen();
  }

  /** Oldest samples first, no more than `samplesMax` and (but for the first) `bytesMax`. */
  peek(samplesMax: number, bytesMax: number): SpoolEntry[] {
    const taken: SpoolEntry[] = [];
    let bytes = 0;
    for (const segment of this.#segments) {
      for (const entry of this.#entriesOf(segment)) {
        if (entry.sequence <= this.#acknowledged) continue;
        bytes += entry.json.length;
        if (taken.length >= samplesMax || (taken.length > 0 && bytes > bytesMax)) return taken;
        taken.push(entry);
      }
    }
    return taken;
  }

  /** Forgets everything up to `sequence`. */
  acknowledge(sequence: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, sequence);
    while (this.#segments[0] !== undefined && this.#segments[0].last <= this.#acknowledged) this.#removeOldest();
  }

  /** Thins what is older than an hour and drops what is older than a day. Cheap when there is nothing to do. */
  tidy(nowMs: number): void {
    while (this.#segments[0] !== undefined && this.#segments[0].newestAtMs < nowMs - SPOOL_KEEP_MS) this.#dropOldest();
    for (const [index, segment] of this.#segments.entries()) {
      if (segment.thinned || segment === this.#open?.segment || segment.newestAtMs > nowMs - SPOOL_FULL_RESOLUTION_MS) continue;
      const kept = thin(readEntries(segment.file));
      const file = `${segment.file}.gz`;
      if (!writeThinned(file, kept)) return;
      rmSync(segment.file, { force: true });
      this.#thinned += segment.samples - kept.length;
      const thinned = describeSegment(file, kept, statSync(file).size);
      if (thinned !== null) this.#segments[index] = thinned;
      this.#saveCounters();
    }
  }

  /** Makes what was appended durable now. */
  sync(nowMs: number): void {
    if (this.#open !== null && this.#unsynced) fsyncSync(this.#open.handle);
    this.#unsynced = false;
    this.#syncedAtMs = nowMs;
  }

  close(nowMs: number): void {
    try {
      this.sync(nowMs);
    } catch {
      // Lost with the disk; the agent ends all the same.
    }
    this.#closeOpen();
  }

  #entriesOf(segment: Segment): SpoolEntry[] {
    if (this.#cache?.file === segment.file && this.#cache.samples === segment.samples) return this.#cache.entries;
    this.#cache = { file: segment.file, samples: segment.samples, entries: readEntries(segment.file) };
    return this.#cache.entries;
  }

  #writable(entry: SpoolEntry, nowMs: number): { handle: number; segment: Segment } {
    const full =
      this.#open !== null && (this.#open.segment.samples >= SEGMENT_SAMPLES_MAX || this.#open.segment.bytes >= SEGMENT_BYTES_MAX);
    if (full) {
      this.sync(nowMs);
      this.#closeOpen();
      this.tidy(nowMs);
    }
    if (this.#open === null) {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      const file = path.join(this.#directory, `${String(entry.sequence).padStart(16, '0')}.jsonl`);
      const times = { oldestAtMs: entry.atMs, newestAtMs: entry.atMs };
      const segment: Segment = { file, first: entry.sequence, last: entry.sequence, samples: 0, bytes: 0, ...times, thinned: false };
      this.#open = { handle: openSync(file, 'a', 0o600), segment };
      this.#segments.push(segment);
    }
    return this.#open;
  }

  #closeOpen(): void {
    if (this.#open !== null) closeSync(this.#open.handle);
    this.#open = null;
  }

  #removeOldest(): Segment | undefined {
    const oldest = this.#segments.shift();
    if (oldest === undefined) return undefined;
    if (this.#open?.segment === oldest) this.#closeOpen();
    if (this.#cache?.file === oldest.file) this.#cache = null;
    rmSync(oldest.file, { force: true });
    return oldest;
  }

  #dropOldest(): void {
    const dropped = this.#segments[0];
    if (dropped === undefined) return;
    this.#lost += this.#entriesOf(dropped).filter((entry) => entry.sequence > this.#acknowledged).length;
    this.#removeOldest();
    this.#saveCounters();
  }

  #dropOverflow(): void {
    while (this.counts().bytes > this.#bytesMax && this.#segments.length > 1) this.#dropOldest();
  }

  #saveCounters(): void {
    writeFileIfPossible(this.#countersFile, `${JSON.stringify({ lost: this.#lost, thinned: this.#thinned })}\n`);
  }
}
