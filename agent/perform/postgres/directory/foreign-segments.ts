/**
 * Keeps a server from archiving what is not the cluster's: the segment in which an earlier timeline ended, and WAL of timelines that the
 * cluster has left. Each node has its own rest in such a segment. Where it has no status, a primary's checkpoint hands it to the archive
 * under its whole name, and the second primary that does so meets another content there: its archive stands still for good.
 */
import { chownSync, existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseSegmentName, readHistory, segmentBytesOf } from '../../../observe/history-file.ts';
import { lsnBytes } from '../../../observe/lsn.ts';
import { messageOf } from '../../../../lib/runtime/error-message.ts';
import type { PerformContext } from '../../performer.ts';
import { dataDirectoryOf, ownerOf } from './node-paths.ts';

/** @param timeline what the node follows or writes now. What can't be marked is logged: no change of primary waits for it. */
export function keepForeignFromArchive(context: PerformContext, timeline: number | null): void {
  const dataDirectory = dataDirectoryOf(context.instance);
  try {
    const segmentBytes = segmentBytesOf(dataDirectory);
    const marked = timeline === null || segmentBytes === null ? null : markForeignSegmentsArchived(dataDirectory, timeline, segmentBytes);
    if (marked === null) context.log.info('foreign-segments-unknown', { timeline });
    else if (marked.length > 0) context.log.info('foreign-segments-not-archived', { count: marked.length, first: marked[0] });
  } catch (error) {
    context.log.warn('foreign-segments-unmarked', { message: messageOf(error) });
  }
}

/**
 * Says of them to PostgreSQL that they are archived: the new primary of that time has archived what counts of them, as `.partial` and under its own timeline.
 * @returns the names that were marked; `null` = its history is not here, nothing was done.
 */
export function markForeignSegmentsArchived(dataDirectory: string, timeline: number, segmentBytes: number): string[] | null {
  const wal = path.join(dataDirectory, 'pg_wal');
  const status = path.join(wal, 'archive_status');
  const history = readHistory(dataDirectory, timeline);
  if (history === null || !existsSync(status)) return null;
  const ends = new Map(history.map((ancestor) => [ancestor.timeline, lsnBytes(ancestor.endLsn)]));
  const isForeign = (name: string): boolean => {
    const segment = parseSegmentName(name, segmentBytes);
    if (segment === null || segment.timeline === timeline) return false;
    const end = ends.get(segment.timeline);
    return end === undefined || segment.startBytes + BigInt(segmentBytes) > end;
  };
  const known = new Set(readdirSync(status));
  const waiting = [...known].flatMap((name) => (name.endsWith('.ready') ? [name.slice(0, -'.ready'.length)] : []));
  return [...new Set([...readdirSync(wal), ...waiting])].filter((name) => {
    if (!isForeign(name) || known.has(`${name}.done`)) return false;
    const done = path.join(status, `${name}.done`);
    if (known.has(`${name}.ready`)) renameSync(path.join(status, `${name}.ready`), done);
    else markDone(done, ownerOf(dataDirectory));
    return true;
  });
}

/** Not synced to disk: clients wait, and what is lost with the host is marked again. */
function markDone(file: string, owner: { uid: number; gid: number } | null): void {
  writeFileSync(file, '', { mode: 0o600 });
  if (owner !== null) chownSync(file, owner.uid, owner.gid);
}
