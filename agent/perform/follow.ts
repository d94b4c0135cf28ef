import { PerformFailed, PerformRefused } from './performer.ts';
import type { PerformContext, Performer } from './performer.ts';
import { applySettings } from './postgres/config/auto-conf.ts';
import { withControl } from './postgres/connection/control-connection.ts';
import type { ControlSession } from './postgres/connection/control-connection.ts';
import { abortedFailure, pollUntil, untilWithin } from './postgres/connection/waiting.ts';
import { reportOver } from './postgres/connection/node-report.ts';
import { identify, signalProcess } from './postgres/process/process-table.ts';
import { serverLogEnd } from './postgres/process/server-process.ts';
import { upstreamSettings } from './postgres/config/standby-settings.ts';

const POLL_MS = 10;
/** A standby that is busy replaying keeps receiving from where it did; after this it is told by a signal. */
const GENTLE_WAIT_MS = 500;
/** A receiver says "streaming" from when it is connected; one that the upstream turns away, because this node has diverged, ends at once. */
const STEADY_MS = 100;
const RECEIVER = `select a.pid, r.status, r.slot_name as slot, r.conninfo from pg_stat_activity a left join pg_stat_wal_receiver r using (pid)
  where a.backend_type = 'walreceiver'`;

interface Receiver extends Record<string, unknown> {
  pid: number;
  status: string | null;
  slot: string | null;
  conninfo: string | null;
}

const receiverOf = async (session: ControlSession): Promise<Receiver | null> => (await session.query<Receiver>(RECEIVER))[0] ?? null;

/** Waits until a receiver other than the one before streams through the slot. */
async function waitForStream(
  session: ControlSession,
  context: PerformContext,
  before: Receiver | null,
  slot: string | null,
): Promise<boolean> {
  const startedAtMs = performance.now();
  let told = before === null;
  let steady: { pid: number; sinceMs: number } | null = null;
  const untilMs = untilWithin(context);
  const streaming = await pollUntil({ signal: context.signal, untilMs, everyMs: POLL_MS }, async () => {
    const now = await receiverOf(session);
    if (now !== null && now.pid !== before?.pid && now.status === 'streaming' && now.slot === slot) {
      if (steady?.pid !== now.pid) steady = { pid: now.pid, sinceMs: performance.now() };
      return performance.now() - steady.sinceMs >= STEADY_MS ? true : null;
    }
    if (steady?.pid !== now?.pid) steady = null;
    if (!told && now?.pid === before?.pid && performance.now() - startedAtMs > GENTLE_WAIT_MS) {
      told = true;
      const process = now === null ? null : identify(now.pid);
      if (process !== null) signalProcess(process, 'SIGTERM');
    }
    return null;
  });
  return streaming !== null;
}

/** Sets upstream and slot of a running standby and, unless told not to, waits until it streams. Used by start-standby for a server that runs already. */
export async function followUpstream(
  context: PerformContext,
  session: ControlSession,
  upstream: string,
  slot: string | null,
  untilStreaming = true,
): Promise<ReturnType<typeof reportOver>> {
  const report = await reportOver(context, session);
  if (report.inRecovery !== true)
    throw new PerformRefused(
      'precondition-failed',
      'This node is out of recovery. It can follow only after it was stopped and started as a standby.',
    );
  const changes = upstreamSettings(context, upstream, slot);
  const before = await receiverOf(session);
  const [settings] = await session.query<{ conninfo: string; slot: string }>(
    `select current_setting('primary_conninfo') as conninfo, current_setting('primary_slot_name') as slot`,
  );
  const same = settings?.conninfo === changes['primary_conninfo'] && settings?.slot === changes['primary_slot_name'];
  await applySettings(context, session, changes);
  if (!untilStreaming) return reportOver(context, session);
  const streams = await waitForStream(session, context, same && before?.status === 'streaming' ? null : before, slot);
  if (streams) return reportOver(context, session);
  if (context.signal.aborted) throw abortedFailure(context.signal, `waiting for WAL from ${upstream}; the setting stays`, true);
  const log = serverLogEnd(context.instance);
  throw new PerformFailed(
    'deadline',
    `This node was told to stream from ${upstream} and does not yet; it keeps trying.${log === '' ? '' : ` The end of its log: ${log}`}`,
    true,
  );
}

export const perform: Performer<'follow'> = ({ upstream, slot, untilStreaming }, context) =>
  withControl(context, async (session) => ({ report: await followUpstream(context, session, upstream, slot, untilStreaming) }));
