/** Stops receiving, durably, so that the position told afterwards can't change any more. */
import { PerformFailed, PerformRefused } from './performer.ts';
import type { PerformContext, Performer } from './performer.ts';
import { applySettings } from './postgres/config/auto-conf.ts';
import { withControl } from './postgres/connection/control-connection.ts';
import type { ControlSession } from './postgres/connection/control-connection.ts';
import { abortedFailure, pollUntil } from './postgres/connection/waiting.ts';
import { tryPeers } from '../observe/peer-probe.ts';
import { readHistory } from '../observe/history-file.ts';
import { dataDirectoryOf } from './postgres/directory/node-paths.ts';
import { resumeReplay } from './postgres/directory/standby-parameters.ts';
import { reportOver } from './postgres/connection/node-report.ts';
import { identify, signalProcess } from './postgres/process/process-table.ts';

const POLL_MS = 3;
/** Clients wait meanwhile. The host of one that was fenced by its agent answers in a round trip. */
const PEERS_WITHIN_MS = 400;
/** A standby that is behind in replay does not look at its settings: it is told by a signal then. */
const GENTLE_WAIT_MS = 300;
const FORCED_WAIT_MS = 3000;
/** The startup process may be about to start a receiver with the old setting. */
const QUIET_MS = 15;
/** Also a receiver that is still connecting, which pg_stat_wal_receiver does not show. */
const RECEIVER = `select pid from pg_stat_activity where backend_type = 'walreceiver'`;

const receiverPid = async (session: ControlSession): Promise<number | null> =>
  (await session.query<{ pid: number }>(RECEIVER))[0]?.pid ?? null;

/** @returns whether there was no receiver for a little while. */
async function quietWithin(session: ControlSession, context: PerformContext, waitMs: number): Promise<boolean> {
  let quietSinceMs: number | null = null;
  const untilMs = performance.now() + waitMs;
  const quiet = await pollUntil({ signal: context.signal, untilMs, everyMs: POLL_MS }, async () => {
    if ((await receiverPid(session)) !== null) {
      quietSinceMs = null;
      return null;
    }
    quietSinceMs ??= performance.now();
    return performance.now() - quietSinceMs >= QUIET_MS ? true : null;
  });
  return quiet !== null;
}

async function endReceiver(session: ControlSession): Promise<void> {
  const pid = await receiverPid(session);
  const process = pid === null ? null : identify(pid);
  if (process !== null) signalProcess(process, 'SIGTERM');
}

export const perform: Performer<'promise'> = (_args, context) =>
  withControl(context, async (session) => {
    const before = await reportOver(context, session);
    if (before.inRecovery !== true)
      throw new PerformRefused('precondition-failed', 'This node is out of recovery; only a standby can promise. Fence it instead.');
    // Paused replay would keep the promotion waiting.
    if (before.replayPaused === true) await resumeReplay(context, session);
    await applySettings(context, session, { primary_conninfo: '' });
    // Beside the rest: whether the old primary, which is fenced by now, still takes connections.
    const peers = tryPeers(context.config.peers, PEERS_WITHIN_MS);
    if (!(await quietWithin(session, context, GENTLE_WAIT_MS))) {
      await endReceiver(session);
      if (!(await quietWithin(session, context, FORCED_WAIT_MS))) {
        throw context.signal.aborted
          ? abortedFailure(context.signal, 'waiting for the walreceiver to end', true)
          : new PerformFailed(
              'server-error',
              'The walreceiver did not end. This standby may still be receiving; leave it out or fence it.',
              true,
            );
      }
    }
    const report = await reportOver(context, session);
    const timeline = report.timeline ?? before.timeline;
    if (timeline === null) throw new PerformFailed('server-error', 'The timeline of this standby can’t be read.', true);
    return {
      report: { ...report, timeline },
      history: readHistory(dataDirectoryOf(context.instance), timeline) ?? [],
      peers: await peers,
    };
  });
