/**
 * Waits for WAL and changes nothing: for a position, or, where that is not known yet because the primary is just being shut down, until its
 * stream ends. A shutdown ends the stream only when the standby has confirmed all of it; whoever asked compares the positions all the same.
 */
import { PerformFailed } from './performer.ts';
import type { PerformContext, Performer } from './performer.ts';
import { withControl } from './postgres/control-connection.ts';
import type { ControlSession } from './postgres/control-connection.ts';
import { abortedFailure, pollUntil, untilWithin } from './postgres/deadline.ts';
import { reportOver } from './postgres/node-report.ts';
import { requireRoom } from './postgres/room.ts';
import { waitInServer } from './postgres/wait-in-server.ts';
import { waitForWal } from './promote.ts';

const POLL_MS = 2;
const IS_STREAMING = `coalesce((select status = 'streaming' from pg_stat_wal_receiver), false)`;

/** @returns how long it took. @throws {PerformFailed} when the upstream streams on. */
async function waitForEnd(session: ControlSession, context: PerformContext, waitMs: number): Promise<number> {
  const startedAtMs = performance.now();
  const { signal } = context;
  const ended = await pollUntil({ signal, untilMs: untilWithin(context, waitMs), everyMs: POLL_MS }, async () => {
    const [row] = await session.query<{ streaming: boolean }>(`select ${IS_STREAMING} as streaming`);
    if (row?.streaming === false) return true;
    await waitInServer(session, `not ${IS_STREAMING}`);
    return null;
  });
  if (ended !== null) return performance.now() - startedAtMs;
  if (signal.aborted) throw abortedFailure(signal, 'waiting for the upstream to end its stream', false);
  throw new PerformFailed('deadline', `The upstream of this node streams on after ${waitMs} ms: it was not shut down.`, false);
}

export const perform: Performer<'await-wal'> = ({ past, waitMs }, context) =>
  withControl(context, async (session) => {
    await requireRoom(context);
    const waitedMs = past === null ? await waitForEnd(session, context, waitMs) : await waitForWal(session, context, past, waitMs);
    const { receivedLsn, flushLsn } = await reportOver(context, session);
    const lsn = receivedLsn ?? flushLsn;
    if (lsn === null) throw new PerformFailed('server-error', 'The position of the received WAL can not be read.', false);
    return { receivedLsn: lsn, waitedMs };
  });
