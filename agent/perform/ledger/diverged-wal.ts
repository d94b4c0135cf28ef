/** The WAL that only this node has: found, read and copied. */
import { chownSync, constants, copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { lsnBytes } from '../../observe/lsn.ts';
import { PerformFailed, PerformRefused } from '../performer.ts';
import type { PerformContext } from '../performer.ts';
import { historyFileName, lsnText, parseSegmentName } from '../../observe/history-file.ts';
import { dataDirectoryOf, ownerOf, programOf } from '../postgres/directory/node-paths.ts';
import { endOf, runProgram } from '../postgres/process/programs.ts';
import { WalReader } from './wal-summary.ts';
import type { WalSummary } from './wal-summary.ts';

/** Changes of a transaction that committed after the fork may stand before it. */
const LOOK_BACK_BYTES = 64n * 1024n * 1024n;
const FREE_MARGIN_BYTES = 64 * 1024 * 1024;
/** How pg_waldump says where valid WAL ends. */
const END = /(?:invalid|incorrect|unexpected|zero-length|there is no|contrecord)[^\n]*? at ([0-9A-F]+\/[0-9A-F]+)/;

export interface Segment {
  name: string;
  start: bigint;
}

/** Segments of the timeline that hold anything after `from`, in order. Recycled ones for the future are among them. */
export function segmentsFrom(dataDirectory: string, timeline: number, from: bigint, segmentBytes: number): Segment[] {
  return readdirSync(path.join(dataDirectory, 'pg_wal'))
    .flatMap((name) => {
      const parsed = parseSegmentName(name, segmentBytes);
      return parsed === null || parsed.timeline !== timeline || parsed.startBytes + BigInt(segmentBytes) <= from
        ? []
        : [{ name, start: parsed.startBytes }];
    })
    .sort((one, other) => (one.start < other.start ? -1 : 1));
}

export interface DivergedWal extends WalSummary {
  /** The first position that is still here; later than the fork when older WAL was removed. */
  fromLsn: string;
  segments: string[];
}

/** @throws {PerformFailed} when there is no WAL of the timeline here at all. */
export async function readDivergedWal(
  context: PerformContext,
  timeline: number,
  forkLsn: string,
  segmentBytes: number,
): Promise<DivergedWal> {
  const { instance, signal } = context;
  const dataDirectory = dataDirectoryOf(instance);
  const fork = lsnBytes(forkLsn);
  const back = fork > LOOK_BACK_BYTES ? fork - LOOK_BACK_BYTES : 0n;
  const available = contiguousBefore(segmentsFrom(dataDirectory, timeline, back, segmentBytes), fork, segmentBytes);
  const first = available[0];
  if (first === undefined) return { endLsn: forkLsn, transactions: [], forgotten: 0, fromLsn: forkLsn, segments: [] };
  const reader = new WalReader(forkLsn);
  const start = first.start === 0n ? BigInt(segmentBytes) : first.start;
  // Without an end pg_waldump waits five seconds for a segment that is not there, as if it were about to come.
  const args = [
    `--path=${path.join(dataDirectory, 'pg_wal')}`,
    `--timeline=${timeline}`,
    `--start=${lsnText(start)}`,
    `--end=${lsnText(contiguousEnd(available, segmentBytes))}`,
  ];
  context.progress('Reading the WAL after the fork.', null, null);
  const { stderr, code } = await runProgram(programOf(instance, 'pg_waldump'), args, {
    signal,
    owner: ownerOf(dataDirectory),
    environment: { TZ: 'UTC' },
    onLine: (line) => reader.line(line),
  });
  // It ends with an error at the end of the WAL: that is how it knows the end.
  if (code !== 0 && code !== 1)
    throw new PerformFailed('program-failed', `pg_waldump ended with ${code ?? 'a signal'}: ${endOf(stderr, 800)}`, false);
  const summary = reader.summary(END.exec(stderr)?.[1] ?? null);
  const end = lsnBytes(summary.endLsn);
  const kept = available.filter((segment) => segment.start + BigInt(segmentBytes) > fork && segment.start < end).map(({ name }) => name);
  return { ...summary, fromLsn: lsnText(first.start > fork ? first.start : fork), segments: end > fork ? kept : [] };
}

/** Drops what lies before a hole: pg_waldump reads without one. */
function contiguousBefore(segments: Segment[], fork: bigint, segmentBytes: number): Segment[] {
  let from = 0;
  segments.forEach((segment, index) => {
    const before = segments[index - 1];
    if (before !== undefined && segment.start !== before.start + BigInt(segmentBytes) && segment.start <= fork + BigInt(segmentBytes))
      from = index;
  });
  return segments.slice(from);
}

/** Where the first segment is missing. */
function contiguousEnd(segments: readonly Segment[], segmentBytes: number): bigint {
  const ends = segments.map(({ start }) => start + BigInt(segmentBytes));
  const last = ends.findIndex((end, index) => segments[index + 1]?.start !== end);
  return ends[last] ?? 0n;
}

/** Free bytes for an unprivileged process. */
export async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

export function makeKeepDirectory(directory: string, dataDirectory: string): void {
  if (existsSync(directory)) return;
  makeKeepDirectory(path.dirname(directory), dataDirectory);
  mkdirSync(directory, { mode: 0o700 });
  const owner = ownerOf(dataDirectory);
  if (owner !== null) chownSync(directory, owner.uid, owner.gid);
}

/** Copies segments and the timeline's history. @throws {PerformRefused} when there is no room for them. */
export async function copySegments(dataDirectory: string, timeline: number, segments: readonly string[], keepIn: string): Promise<void> {
  const from = path.join(dataDirectory, 'pg_wal');
  const to = path.join(keepIn, 'wal');
  makeKeepDirectory(to, dataDirectory);
  const names = [...segments, ...(existsSync(path.join(from, historyFileName(timeline))) ? [historyFileName(timeline)] : [])];
  const wanted = names.reduce((sum, name) => sum + statSync(path.join(from, name)).size, 0);
  const free = await freeBytesOf(to);
  if (free < wanted + FREE_MARGIN_BYTES) {
    throw new PerformRefused(
      'precondition-failed',
      `There is no room to keep the diverged WAL: ${to} has ${free} bytes free, ${wanted + FREE_MARGIN_BYTES} are needed. Make room, or set keep_directory under [control].`,
    );
  }
  const owner = ownerOf(dataDirectory);
  for (const name of names) {
    copyFileSync(path.join(from, name), path.join(to, name), constants.COPYFILE_FICLONE);
    if (owner !== null) chownSync(path.join(to, name), owner.uid, owner.gid);
  }
}
