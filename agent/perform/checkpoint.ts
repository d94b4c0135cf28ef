import type { PerformContext, Performer } from './performer.ts';
import { ServerError, withControl } from './postgres/connection/control-connection.ts';
import type { ControlSession } from './postgres/connection/control-connection.ts';
import { pollUntil, untilWithin } from './postgres/connection/waiting.ts';

/** Left free in a segment, at most a quarter of it, for commits made before the shutdown. */
const LEFT_FREE_BYTES_MAX = 256 * 1024;
/** Less than this is not worth a message. */
const WORTH_FILLING_BYTES = 128 * 1024;
/** Of larger segments the rest may be hundreds of megabytes: they are left as they are. */
const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;
const SEGMENT = `
  select pg_size_bytes(current_setting('wal_segment_size'))::int8::text as "segmentBytes",
         mod(pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0'), pg_size_bytes(current_setting('wal_segment_size')))::text as "usedBytes",
         current_setting('archive_mode') <> 'off' as archives`;

/** An archive that takes longer is not waited for: its program then runs while clients wait, as it does at any other time. */
const ARCHIVED_WITHIN_MS = 3_000;
const ARCHIVED_POLL_MS = 10;
const READY = `select count(*)::int as ready from pg_ls_archive_statusdir() where name like '%.ready'`;

/**
 * Waits for the archiver to have nothing to do. What it has left when the server shuts down it does then, and its program takes the processor
 * and the disk from what clients wait for. Best effort: without the right to look, or in time, nothing is lost.
 */
async function untilArchived(session: ControlSession, context: PerformContext): Promise<void> {
  const waiting = { signal: context.signal, untilMs: untilWithin(context, ARCHIVED_WITHIN_MS), everyMs: ARCHIVED_POLL_MS };
  await pollUntil(waiting, async () => {
    try {
      return (await session.query<{ ready: number }>(READY))[0]?.ready === 0 ? true : null;
    } catch (error) {
      if (error instanceof ServerError) return true;
      throw error;
    }
  });
}

/**
 * Only where the server archives: only then does a shutdown switch the segment. The second message is committed, which flushes both.
 * @returns the position up to which the standbys are to receive; `null` when there was nothing worth filling.
 */
async function fillSegment(session: ControlSession): Promise<string | null> {
  const [recovery] = await session.query<{ recovering: boolean }>('select pg_is_in_recovery() as recovering');
  if (recovery?.recovering !== false) return null;
  const [row] = await session.query<{ segmentBytes: string; usedBytes: string; archives: boolean }>(SEGMENT);
  if (row === undefined || !row.archives || Number(row.segmentBytes) > SEGMENT_BYTES_MAX) return null;
  const segmentBytes = Number(row.segmentBytes);
  const bytes = segmentBytes - Number(row.usedBytes) - Math.min(LEFT_FREE_BYTES_MAX, segmentBytes / 4);
  if (bytes < WORTH_FILLING_BYTES) return null;
  const fill = `select pg_logical_emit_message(false, 'farshore', repeat('x', ${Math.floor(bytes)}))::text as lsn`;
  const [filled] = await session.query<{ lsn: string }>(fill);
  await session.query(`select pg_logical_emit_message(true, 'farshore', '')`);
  return filled?.lsn ?? null;
}

/** On a standby this is a restartpoint, which may find nothing new to do. */
export const perform: Performer<'checkpoint'> = (args, context) =>
  withControl(context, async (session) => {
    const startedAtMs = performance.now();
    await session.query('CHECKPOINT');
    const filledTo = args.fillSegment === true ? await fillSegment(session) : null;
    // At the end of a segment a checkpoint makes the next one: here now, and on a standby with its own, which begins at this one. A
    // shutdown continues into that segment, and to make its 16 MB would keep clients waiting.
    if (filledTo !== null) {
      await session.query('CHECKPOINT');
      await untilArchived(session, context);
    }
    const tookMs = performance.now() - startedAtMs;
    const [row] = await session.query<{ redo: string }>('select redo_lsn::text as redo from pg_control_checkpoint()');
    return { tookMs, redoLsn: row?.redo ?? null, filledTo };
  });
