/** Timelines and their `.history` files; WAL file names. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { greaterLsn, lsnBytes } from './lsn.ts';
import type { RawTick } from './postgres-sample.ts';
import type { ServerConstants } from './server-constants.ts';

export interface Ancestor {
  timeline: number;
  endLsn: string;
}

const LINES_MAX = 1000;
const WAL_SEGMENT = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/;

const hex8 = (value: number | bigint): string => value.toString(16).toUpperCase().padStart(8, '0');

export const historyFileName = (timeline: number): string => `${hex8(timeline)}.history`;

/** Position as PostgreSQL prints it. */
export const lsnText = (bytes: bigint): string =>
  `${(bytes >> 32n).toString(16).toUpperCase()}/${(bytes & 0xffffffffn).toString(16).toUpperCase()}`;

/** Ancestors oldest first, each with where it ended. Lines that are not understood are comments. */
export function parseHistory(text: string): Ancestor[] {
  return text
    .split('\n')
    .flatMap((line) => {
      const [, timeline, endLsn] = /^\s*(\d+)\s+([0-9A-Fa-f]{1,8}\/[0-9A-Fa-f]{1,8})/.exec(line) ?? [];
      return timeline === undefined || endLsn === undefined ? [] : [{ timeline: Number(timeline), endLsn }];
    })
    .slice(-LINES_MAX);
}

/** The history of a timeline as this node has it: `[]` for the first timeline, `null` when the file is not here. */
export function readHistory(dataDirectory: string, timeline: number): Ancestor[] | null {
  if (timeline === 1) return [];
  try {
    return parseHistory(readFileSync(path.join(dataDirectory, 'pg_wal', historyFileName(timeline)), 'utf8'));
  } catch {
    return null;
  }
}

/** Name of the segment that holds the byte at `lsn`. */
export function segmentName(timeline: number, lsn: string, segmentBytes: number): string {
  const segment = lsnBytes(lsn) / BigInt(segmentBytes);
  const perLog = 0x1_0000_0000n / BigInt(segmentBytes);
  return `${hex8(timeline)}${hex8(segment / perLog)}${hex8(segment % perLog)}`;
}

/** Timeline and first byte of a segment file; `null` for any other file. Suffixes such as `.partial` are not segments. */
export function parseSegmentName(name: string, segmentBytes: number): { timeline: number; startBytes: bigint } | null {
  const [, timeline, log, segment] = WAL_SEGMENT.exec(name) ?? [];
  if (timeline === undefined || log === undefined || segment === undefined) return null;
  const startBytes = (BigInt(`0x${log}`) << 32n) + BigInt(`0x${segment}`) * BigInt(segmentBytes);
  return { timeline: Number.parseInt(timeline, 16), startBytes };
}

/**
 * The highest timeline that has a segment for the byte before `lsn`. A standby that has not made a restartpoint since its upstream
 * changed timeline says an old one in pg_control; the file that was received tells.
 */
export function timelineOfReceivedWal(dataDirectory: string, lsn: string, segmentBytes: number): number | null {
  const lastByte = lsnBytes(lsn) - 1n;
  if (lastByte < 0n) return null;
  const wanted = segmentName(1, lsnText(lastByte), segmentBytes).slice(8);
  try {
    const timelines = readdirSync(path.join(dataDirectory, 'pg_wal'))
      .filter((name) => WAL_SEGMENT.test(name) && name.slice(8) === wanted)
      .map((name) => Number.parseInt(name.slice(0, 8), 16));
    return timelines.length === 0 ? null : Math.max(...timelines);
  } catch {
    return null;
  }
}

/**
 * Without a walreceiver only pg_control is left to be asked, which learns of a new timeline at the next restartpoint: minutes after the
 * upstream was promoted. The files that were received know it at once.
 */
export function walFileTimelineOf(
  { inRecovery, walReceiver, receiveLsn, replayLsn }: Pick<RawTick, 'inRecovery' | 'walReceiver' | 'receiveLsn' | 'replayLsn'>,
  { walSegmentBytes }: Pick<ServerConstants, 'walSegmentBytes'>,
  dataDirectory: string | null,
): number | null {
  const lsn = greaterLsn(receiveLsn, replayLsn);
  if (!inRecovery || walReceiver !== null || lsn === null || dataDirectory === null) return null;
  return timelineOfReceivedWal(dataDirectory, lsn, walSegmentBytes);
}

/**
 * Size of a WAL segment in bytes, from a segment itself: the server can't be asked while it is down. `null` when there is none.
 */
export function segmentBytesOf(dataDirectory: string): number | null {
  const wal = path.join(dataDirectory, 'pg_wal');
  try {
    const segment = readdirSync(wal).find((name) => WAL_SEGMENT.test(name));
    return segment === undefined ? null : statSync(path.join(wal, segment)).size;
  } catch {
    return null;
  }
}
