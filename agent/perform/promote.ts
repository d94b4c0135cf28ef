/**
 * Promotion without PostgreSQL's own stalls (reference/postgres-timings.md §3.1): the request is made again every few milliseconds
 * until recovery has ended, because a startup process that has just lost its upstream can take one and then sleep for five seconds.
 */
import { lsnBytes } from '../observe/lsn.ts';
import { PerformFailed, PerformRefused } from './performer.ts';
import type { PerformContext, Performer } from './performer.ts';
import { standAtPoolers } from './speed/resume-at-promotion.ts';
import { ServerError, withControl } from './postgres/connection/control-connection.ts';
import type { ControlSession } from './postgres/connection/control-connection.ts';
import { abortedFailure, pollUntil, untilWithin } from './postgres/connection/waiting.ts';
import { readHistory } from '../observe/history-file.ts';
import { keepForeignFromArchive } from './postgres/directory/foreign-segments.ts';
import { dataDirectoryOf } from './postgres/directory/node-paths.ts';
import { reportOver } from './postgres/connection/node-report.ts';
import { requireRoom } from './postgres/directory/free-space.ts';
import { AGAIN_AT_ONCE_MS, waitInServer } from './speed/wait-in-server.ts';
import { resumeReplay } from './postgres/directory/standby-parameters.ts';

const WAL_POLL_MS = 2;
const NUDGE_EVERY_MS = 20;
const NOT_IN_RECOVERY = '55000';
const POSITION = `select pg_is_in_recovery() as recovering, greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::text as lsn`;

/** @returns how long it took. @throws {PerformFailed} `wal-missing`: nothing was changed. */
export async function waitForWal(session: ControlSession, context: PerformContext, past: string, waitMs: number): Promise<number> {
  const startedAtMs = performance.now();
  let lastSeen: string | null = null;
  const untilMs = untilWithin(context, waitMs);
  const arrived = await pollUntil({ signal: context.signal, untilMs, everyMs: WAL_POLL_MS }, async () => {
    const [row] = await session.query<{ recovering: boolean; lsn: string | null }>(POSITION);
    lastSeen = row?.lsn ?? null;
    if (row?.recovering === false) return true;
    // Strictly past: `past` is where the shutdown checkpoint begins, and it must be here whole.
    return lastSeen !== null && lsnBytes(lastSeen) > lsnBytes(past) ? true : null;
  });
  if (arrived !== null) return performance.now() - startedAtMs;
  if (context.signal.aborted) throw abortedFailure(context.signal, 'waiting for the last WAL of the old primary', false);
  throw new PerformFailed(
    'wal-missing',
    `This node has WAL up to ${lastSeen ?? 'nowhere'}, not past ${past}, after waiting ${waitMs} ms. It was not promoted.`,
    false,
  );
}

async function requestPromotion(session: ControlSession): Promise<void> {
  try {
    await session.query('select pg_promote(false)');
  } catch (error) {
    // It came out of recovery between two looks.
    if (!(error instanceof ServerError) || error.sqlState !== NOT_IN_RECOVERY) throw error;
  }
}

async function untilWritable(session: ControlSession, context: PerformContext): Promise<{ promoteMs: number; nudges: number }> {
  const startedAtMs = performance.now();
  let requests = 0;
  const untilMs = untilWithin(context);
  const done = await pollUntil({ signal: context.signal, untilMs, everyMs: AGAIN_AT_ONCE_MS }, async () => {
    const [row] = await session.query<{ recovering: boolean }>('select pg_is_in_recovery() as recovering');
    if (row?.recovering === false) return true;
    if (performance.now() - startedAtMs >= requests * NUDGE_EVERY_MS) {
      requests += 1;
      await requestPromotion(session);
    }
    await waitInServer(session, 'not pg_is_in_recovery()');
    return null;
  });
  if (done !== null) return { promoteMs: performance.now() - startedAtMs, nudges: Math.max(0, requests - 1) };
  if (context.signal.aborted) throw abortedFailure(context.signal, 'waiting for the promotion, which continues');
  throw new PerformFailed('deadline', `The promotion was requested and has not ended after ${context.deadlineMs} ms; it continues.`, null);
}

/** Promotes, and lets clients that wait for this node continue before anything is reported: the way to the controller and back is theirs. */
async function promote(session: ControlSession, context: PerformContext, poolers: readonly string[]) {
  const gate = standAtPoolers(poolers, context);
  try {
    const promotion = await untilWritable(session, context);
    return { ...promotion, resumed: await gate.open() };
  } finally {
    void gate.end();
  }
}

export const perform: Performer<'promote'> = ({ timeline, receivedPast, waitMs, resume = [] }, context) =>
  withControl(context, async (session) => {
    const before = await reportOver(context, session);
    if (before.inRecovery === false && (before.timeline === null || before.timeline <= timeline))
      throw new PerformRefused(
        'precondition-failed',
        `This node is out of recovery on timeline ${before.timeline ?? 'unknown'} already, and was to be promoted from timeline ${timeline}. It was primary before.`,
      );
    let waitedForWalMs = 0;
    let promotion: { promoteMs: number; nudges: number; resumed: string[] } = { promoteMs: 0, nudges: 0, resumed: [] };
    if (before.inRecovery !== false) {
      if (before.timeline !== null && before.timeline !== timeline)
        throw new PerformRefused('precondition-failed', `This node is on timeline ${before.timeline}, not on ${timeline}. Plan again.`);
      await requireRoom(context);
      if (before.replayPaused === true) await resumeReplay(context, session);
      // Mostly it is here: a step before has waited for it.
      const isHere = receivedPast === null || (before.receivedLsn !== null && lsnBytes(before.receivedLsn) > lsnBytes(receivedPast));
      if (!isHere) waitedForWalMs = await waitForWal(session, context, receivedPast, waitMs);
      keepForeignFromArchive(context, timeline);
      promotion = await promote(session, context, resume);
    }
    const report = await reportOver(context, session);
    const history = report.timeline === null ? null : readHistory(dataDirectoryOf(context.instance), report.timeline);
    const switchLsn = history?.find((ancestor) => ancestor.timeline === timeline)?.endLsn ?? null;
    return { report, switchLsn, waitedForWalMs, ...promotion };
  });
