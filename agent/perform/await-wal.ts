/**
 * Waits for WAL and changes nothing: for a position, or, where that is unknown yet because the primary is just being shut down, until its
 * stream ends. A shutdown ends the stream only when the standby has confirmed all of it; the caller compares the positions all the same.
 */
import { PerformFailed } from './performer.ts';
import type { PerformContext, Performer } from './performer.ts';
import { withControl } from './postgres/connection/control-connection.ts';
import type { ControlSession } from './postgres/connection/control-connection.ts';
import { abortedFailure, pollUntil, untilWithin } from './postgres/connection/waiting.ts';
import { requireRoom } from './postgres/directory/free-space.ts';
import { AGAIN_AT_ONCE_MS, waitInServer } from './speed/wait-in-server.ts';
import { waitForWal } from './promote.ts';

const IS_STREAMING = `coalesce((select status = 'streaming' from pg_stat_wal_receiver), false)`;
/** Where it stands, in the same answer as whether the stream continues: the clients of the whole cluster wait for it. */
const STANDING = `select ${IS_STREAMING} as streaming,
  (case when pg_is_in_recovery() then greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) else pg_current_wal_flush_lsn() end)::text as lsn`;

interface Standing {
  streaming: boolean;
  lsn: string | null;
}

async function standing(session: ControlSession): Promise<Standing> {
  const [row] = await session.query<Standing & Record<string, unknown>>(STANDING);
  return row ?? { streaming: false, lsn: null };
}

/** @returns where it stands then. @throws {PerformFailed} when the upstream streams on. */
async function waitForEnd(session: ControlSession, context: PerformContext, waitMs: number): Promise<Standing> {
  const { signal } = context;
  const ended = await pollUntil({ signal, untilMs: untilWithin(context, waitMs), everyMs: AGAIN_AT_ONCE_MS }, async () => {
    const now = await standing(session);
    if (!now.streaming) return now;
    await waitInServer(session, `not ${IS_STREAMING}`);
    return null;
  });
  if (ended !== null) return ended;
  if (signal.aborted) throw abortedFailure(signal, 'waiting for the upstream to end its stream', false);
  throw new PerformFailed('deadline', `The upstream of this node streams on after ${waitMs} ms: it was not shut down.`, false);
}

export const perform: Performer<'await-wal'> = ({ past, waitMs }, context) =>
  withControl(context, async (session) => {
    await requireRoom(context);
    const startedAtMs = performance.now();
    if (past !== null) await waitForWal(session, context, past, waitMs);
    const { lsn } = past === null ? await waitForEnd(session, context, waitMs) : await standing(session);
    const waitedMs = performance.now() - startedAtMs;
    if (lsn === null) throw new PerformFailed('server-error', 'The position of the received WAL cannot be read.', false);
    return { receivedLsn: lsn, waitedMs };
  });
