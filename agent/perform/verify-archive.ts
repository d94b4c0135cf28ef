import { existsSync } from 'node:fs';
import path from 'node:path';
import { PerformFailed, PerformRefused } from './performer.ts';
import type { PerformContext, Performer } from './performer.ts';
import { withControl } from './postgres/connection/control-connection.ts';
import type { ControlSession } from './postgres/connection/control-connection.ts';
import { abortedFailure, pollUntil, untilWithin } from './postgres/connection/waiting.ts';
import { historyFileName, readHistory, segmentName } from '../observe/history-file.ts';
import { keepForeignFromArchive } from './postgres/directory/foreign-segments.ts';
import { dataDirectoryOf } from './postgres/directory/node-paths.ts';
import { readServerFacts } from './postgres/connection/node-report.ts';

const POLL_MS = 50;
const ARCHIVER = `select last_archived_wal as archived, last_failed_wal as failed, last_failed_time > coalesce(last_archived_time, '-infinity') as failing
  from pg_stat_archiver`;

interface Archiver extends Record<string, unknown> {
  archived: string | null;
  failed: string | null;
  failing: boolean | null;
}

/** A `.done` is removed together with its segment; then a later segment in the archive says the same. */
function isArchived(dataDirectory: string, file: string, archived: string | null): boolean {
  const wal = path.join(dataDirectory, 'pg_wal');
  if (existsSync(path.join(wal, 'archive_status', `${file}.ready`))) return false;
  if (existsSync(path.join(wal, 'archive_status', `${file}.done`))) return true;
  return archived !== null && archived.length >= 24 && !file.endsWith('.history') && archived.slice(0, 24) >= file;
}

/** The segment with which the timeline begins is closed, so that it is archived now and not when it is full. */
async function closeSegment(session: ControlSession, context: PerformContext, timeline: number): Promise<string> {
  const facts = await readServerFacts(session);
  if (facts.inRecovery || facts.primaryTimeline !== timeline)
    throw new PerformRefused(
      'precondition-failed',
      facts.inRecovery
        ? 'This node is a standby; the primary archives.'
        : `This node writes timeline ${facts.primaryTimeline ?? 'unknown'}, not ${timeline}.`,
    );
  const history = readHistory(dataDirectoryOf(context.instance), timeline);
  const began = history?.at(-1)?.endLsn ?? null;
  const first = began ?? facts.flushLsn ?? '0/1';
  const [now] = await session.query<{ file: string }>('select pg_walfile_name(pg_current_wal_insert_lsn()) as file');
  const name = segmentName(timeline, first, facts.segmentBytes);
  if (now?.file !== name) return name;
  const [closed] = await session.query<{ file: string }>('select pg_walfile_name(pg_switch_wal()) as file');
  return began === null ? (closed?.file ?? name) : name;
}

export const perform: Performer<'verify-archive'> = ({ timeline, waitMs }, context) =>
  withControl(context, async (session) => {
    const startedAtMs = performance.now();
    const dataDirectory = dataDirectoryOf(context.instance);
    const [mode] = await session.query<{ mode: string }>(`select current_setting('archive_mode') as mode`);
    if (mode?.mode === 'off')
      throw new PerformRefused(
        'precondition-failed',
        'archive_mode is off on this node: its WAL is not archived, and no backup taken here can be recovered to a later time.',
      );
    // Of a server that somebody promoted by hand, or an earlier release. Before the segment is closed: that wakes an archiver that waits.
    keepForeignFromArchive(context, timeline);
    const segment = await closeSegment(session, context, timeline);
    const files = [...(timeline === 1 ? [] : [historyFileName(timeline)]), segment];
    let archiver: Archiver | undefined;
    const untilMs = untilWithin(context, waitMs);
    const archived = await pollUntil({ signal: context.signal, untilMs, everyMs: POLL_MS }, async () => {
      [archiver] = await session.query<Archiver>(ARCHIVER);
      const last = archiver?.archived ?? null;
      return files.every((file) => isArchived(dataDirectory, file, last)) ? true : null;
    });
    if (archived !== null) return { history: true, firstSegment: segment, waitedMs: performance.now() - startedAtMs };
    if (context.signal.aborted) throw abortedFailure(context.signal, 'waiting for the archive', false);
    const missing = files.filter((file) => !isArchived(dataDirectory, file, archiver?.archived ?? null));
    throw new PerformFailed(
      'deadline',
      `${missing.join(' and ')} did not reach the archive within ${waitMs} ms.${
        archiver?.failing === true ? ` archive_command fails at ${archiver.failed ?? 'a segment'}: look in the server log.` : ''
      }`,
      false,
    );
  });
