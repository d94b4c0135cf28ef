/**
 * Fast shutdown, over as soon as pg_control says "shut down": the postmaster's own end comes later, because it waits for the archiver
 * and for every receiver to confirm the last record. That rest continues in the background.
 */
import type { VerbEvidence } from '../../lib/agent-contract/verbs.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import { PerformFailed, PerformRefused } from './performer.ts';
import type { PerformContext, Performer } from './performer.ts';
import { controlState, readControl } from './postgres/directory/control-data.ts';
import { withControl } from './postgres/connection/control-connection.ts';
import { abortedFailure, pollUntil, untilWithin } from './postgres/connection/waiting.ts';
import { dataDirectoryOf } from './postgres/directory/node-paths.ts';
import { findPostmaster, identify, isAlive, signalProcess } from './postgres/process/process-table.ts';
import type { ServerProcess } from './postgres/process/process-table.ts';
import { stopByForce, waitUntilGone } from './postgres/process/server-process.ts';

const CONTROL_POLL_MS = 3;
const SHUT_DOWN = 'shut down';
/** After pg_control is final nothing can be lost: a postmaster that hangs longer is ended. */
const EXIT_DEADLINE_MS = 20_000;
const FORCE_GRACE_MS = 1000;
const FORCE_MS = 5000;
/** All who stream, with the process that sends, in one question: clients wait. Backends of base backups are among them. */
const SENDERS = `select recovering, pid, application_name::text as name
  from (select pg_is_in_recovery() as recovering) as server left join pg_stat_replication on true`;

interface Sender {
  name: string;
  process: ServerProcess;
}

async function prepare(context: PerformContext): Promise<Sender[]> {
  return withControl(context, async (session) => {
    const rows = await session.query<{ recovering: boolean; pid: number | null; name: string }>(SENDERS);
    if (rows[0]?.recovering !== false)
      throw new PerformRefused('precondition-failed', 'This node is a standby, not a primary; it was left running.');
    return rows.flatMap(({ pid, name }) => {
      const process = pid === null ? null : identify(pid);
      return process === null ? [] : [{ name, process }];
    });
  });
}

/** Ends those who send to nobody that this shutdown must wait for. @returns the names of those that were still there. */
function endSenders(senders: readonly Sender[]): string[] {
  const alive = senders.filter((sender) => isAlive(sender.process));
  for (const sender of alive) signalProcess(sender.process, 'SIGTERM');
  return alive.map(({ name }) => name.slice(0, 63));
}

async function ensureExit(context: PerformContext, others: readonly Sender[], drainUntilMs: number): Promise<void> {
  const { log } = context;
  const dataDirectory = dataDirectoryOf(context.instance);
  // The command is over by then: its signal says nothing about this.
  const own = new AbortController().signal;
  if (await waitUntilGone(dataDirectory, own, drainUntilMs)) return;
  const ended = endSenders(others);
  if (ended.length > 0) log.info('senders-ended', { senders: ended });
  if (await waitUntilGone(dataDirectory, own, performance.now() + EXIT_DEADLINE_MS)) return;
  // Somebody may have started it again meanwhile; only a server that is still shut down is ended.
  const control = await readControl(context.instance);
  if (control?.state !== SHUT_DOWN) return;
  log.warn('postmaster-hangs', { message: 'The server is shut down and its postmaster did not end; it is ended now.' });
  await stopByForce(dataDirectory, FORCE_GRACE_MS, FORCE_MS);
}

export const perform: Performer<'stop-primary'> = async ({ keepStreaming, drainMs }, context): Promise<VerbEvidence<'stop-primary'>> => {
  const { signal } = context;
  const dataDirectory = dataDirectoryOf(context.instance);
  const before = await readControl(context.instance);
  const postmaster = findPostmaster(dataDirectory);
  if (before?.state === SHUT_DOWN) return { control: controlState(before), shutDownMs: 0, endedSenders: [] };
  if (postmaster === null)
    throw new PerformRefused(
      'precondition-failed',
      `PostgreSQL is not running and was not shut down cleanly (${before?.state ?? 'pg_control can’t be read'}). Its last commits may not have reached a standby: plan a failover instead.`,
    );
  const others = before?.state === 'shutting down' ? [] : (await prepare(context)).filter(({ name }) => !keepStreaming.includes(name));
  const startedAtMs = performance.now();
  const drainUntilMs = startedAtMs + drainMs;
  signalProcess(postmaster, 'SIGINT');
  let endedSenders: string[] = [];
  const control = await pollUntil({ signal, untilMs: untilWithin(context), everyMs: CONTROL_POLL_MS }, async () => {
    const now = await readControl(context.instance);
    if (now?.state === SHUT_DOWN) return now;
    if (endedSenders.length === 0 && performance.now() > drainUntilMs) endedSenders = endSenders(others);
    if (isAlive(postmaster) || findPostmaster(dataDirectory) !== null) return null;
    const last = await readControl(context.instance);
    if (last?.state === SHUT_DOWN) return last;
    throw new PerformFailed(
      'server-error',
      `PostgreSQL ended without a clean shutdown (${last?.state ?? 'unknown state'}). Look in its log.`,
      true,
    );
  });
  if (control === null) {
    throw signal.aborted
      ? abortedFailure(signal, 'waiting for the shutdown; PostgreSQL is still shutting down')
      : new PerformFailed('deadline', `PostgreSQL was still shutting down after ${context.deadlineMs} ms. The shutdown continues.`, null);
  }
  const shutDownMs = performance.now() - startedAtMs;
  void ensureExit(context, others, drainUntilMs).catch((error: unknown) =>
    context.log.error('shutdown-rest', { message: messageOf(error) }),
  );
  return { control: controlState(control), shutDownMs, endedSenders };
};
