/** Starts and stops the server. Stopping goes by signals to processes that were proved to be this directory's, never by name. */
import type { Instance } from '../../../instance.ts';
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isEnglish } from '../../../observe/facts/log-language.ts';
import { parsePostmasterFile } from '../../../observe/postmaster.ts';
import { PerformFailed, PerformRefused } from '../../performer.ts';
import type { PerformContext } from '../../performer.ts';
import { controlOf } from '../connection/control-connection.ts';
import { abortedFailure, isCancelled, pollUntil, untilWithin } from '../connection/waiting.ts';
import { settingAtStart } from '../directory/configured-setting.ts';
import { dataDirectoryOf, ownerOf, programOf } from '../directory/node-paths.ts';
import { findPostmaster, isAlive, lockedPid, serverProcesses, signalProcess } from './process-table.ts';
import { endOf, runToSuccess } from './programs.ts';
import { syncArguments } from '../directory/sync-files.ts';

const POLL_MS = 5;
/** pg_ctl returns before the new postmaster has written its file. */
const APPEAR_DEADLINE_MS = 3000;
const LOG_BYTES_MAX = 4000;

/** The end of the server's log, for people. Empty when it can't be read. */
export function serverLogEnd(instance: Instance): string {
  try {
    const file = openSync(instance.logFile, 'r');
    try {
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(Math.min(size, LOG_BYTES_MAX));
      readSync(file, bytes, 0, bytes.length, size - bytes.length);
      return endOf(bytes.toString('utf8'), 1200);
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

/** The end of the log as a part of a failure; in words of another language than English it says which. */
async function logSaid(context: PerformContext): Promise<string> {
  const { instance, signal } = context;
  const log = serverLogEnd(instance);
  if (log === '') return ` Its log is ${instance.logFile}.`;
  const lcMessages = signal.aborted ? null : await settingAtStart(context, 'lc_messages').catch(() => null);
  const language = lcMessages === null || isEnglish(lcMessages) ? '' : ` (in the server’s language, lc_messages = ${lcMessages})`;
  return ` The end of its log${language}: ${log}`;
}

/** @throws {PerformRefused} while a failed rewind, restore or clone has left the directory unusable, or while there is none. */
export function refuseUnusable(context: PerformContext): void {
  const reason = context.directory.unusable();
  if (reason !== null) {
    throw new PerformRefused(
      'directory-unusable',
      `The data directory must not be started: ${reason}. Repeat the rewind, or restore or clone the node again.`,
    );
  }
  const dataDirectory = dataDirectoryOf(context.instance);
  if (!existsSync(path.join(dataDirectory, 'PG_VERSION'))) {
    throw new PerformRefused('precondition-failed', `${dataDirectory} holds no PostgreSQL data directory. Clone the node first.`);
  }
}

/**
 * Removes lock files whose process is gone, a zombie, or something else with the same pid by now: PostgreSQL would refuse to start
 * for any process with that pid, and so would pg_rewind. Only called when no server process works in the directory.
 */
export function removeStaleLocks(instance: Instance): void {
  const dataDirectory = dataDirectoryOf(instance);
  const pid = lockedPid(dataDirectory);
  if (pid === null) return;
  rmSync(path.join(dataDirectory, 'postmaster.pid'), { force: true });
  const { host, port } = instance;
  if (!host.startsWith('/')) return;
  const socket = path.join(host, `.s.PGSQL.${port}`);
  try {
    const owner = parsePostmasterFile(readFileSync(`${socket}.lock`, 'utf8'));
    if (owner?.pid === pid) for (const file of [`${socket}.lock`, socket]) rmSync(file, { force: true });
  } catch {
    // No lock file at the socket is the usual case.
  }
}

async function callStarter(context: PerformContext): Promise<void> {
  const { instance, signal } = context;
  const control = controlOf(context);
  const dataDirectory = dataDirectoryOf(instance);
  const owner = ownerOf(dataDirectory);
  if (control.service === 'systemd') {
    if (control.unit === undefined)
      throw new PerformRefused('not-configured', 'Set unit under [control]: with systemd the agent has to know which unit to start.');
    await runToSuccess('/usr/bin/systemctl', ['start', '--no-block', control.unit], { signal, owner: null, changed: false });
  } else if (control.service === 'pg_ctlcluster') {
    const [version, name] = control.cluster?.split('/') ?? [];
    if (version === undefined || name === undefined)
      throw new PerformRefused('not-configured', 'Set cluster = "VERSION/NAME" under [control]: pg_ctlcluster needs both.');
    await runToSuccess('/usr/bin/pg_ctlcluster', [version, name, 'start', '--', '-W'], { signal, owner, changed: false });
  } else {
    const args = ['start', '-W', '-s', '-D', dataDirectory, '-l', instance.logFile, ...syncArguments(dataDirectory)];
    await runToSuccess(programOf(instance, 'pg_ctl'), args, { signal, owner, changed: false, environment: localeOfAgent() });
  }
}

/** The server's own messages and sort orders follow the host, not the agent's need for English. */
function localeOfAgent(): Record<string, string> {
  const { LANG, LC_ALL } = process.env;
  return { LC_ALL: LC_ALL ?? LANG ?? 'C.UTF-8' };
}

/** Line 8 of postmaster.pid. */
function postmasterStatus(dataDirectory: string): string | null {
  try {
    return parsePostmasterFile(readFileSync(path.join(dataDirectory, 'postmaster.pid'), 'utf8'))?.status ?? null;
  } catch {
    return null;
  }
}

/**
 * Waits until it accepts connections. @param whyGiveUp polled: why it never will; `null` = it may. @throws {PerformRefused} when the
 * directory must not be started; {PerformFailed} with the end of the log.
 */
export async function startServer(context: PerformContext, whyGiveUp: () => string | null = () => null): Promise<void> {
  const { instance, signal } = context;
  const dataDirectory = dataDirectoryOf(instance);
  refuseUnusable(context);
  const startedAtMs = performance.now();
  if (findPostmaster(dataDirectory) === null) {
    if (serverProcesses(dataDirectory).length > 0)
      throw new PerformRefused(
        'precondition-failed',
        'Processes of a server whose postmaster is gone still work in the data directory. Fence the node, then start it.',
      );
    removeStaleLocks(instance);
    await callStarter(context);
  }
  const answer = await pollUntil({ signal, untilMs: untilWithin(context), everyMs: POLL_MS }, () => {
    const status = postmasterStatus(dataDirectory);
    const alive = findPostmaster(dataDirectory) !== null;
    if (alive && (status === 'ready' || status === 'standby')) return 'accepting' as const;
    if (!alive && performance.now() - startedAtMs > APPEAR_DEADLINE_MS) return 'ended' as const;
    const reason = whyGiveUp();
    return reason === null ? null : { reason };
  });
  if (answer === 'accepting') return;
  const said = await logSaid(context);
  if (answer !== null && answer !== 'ended') throw new PerformFailed('wal-missing', `${answer.reason}${said}`, true);
  if (answer === 'ended') throw new PerformFailed('server-error', `PostgreSQL did not start.${said}`, false);
  if (isCancelled(signal)) throw abortedFailure(signal, 'waiting for PostgreSQL to take connections', true);
  throw new PerformFailed('deadline', `PostgreSQL was started and takes no connections yet.${said}`, true);
}

/** Waits until no server process is left in the directory. @returns whether that came about in time. */
export async function waitUntilGone(dataDirectory: string, signal: AbortSignal, untilMs: number): Promise<boolean> {
  const isGone = goneWatch(dataDirectory);
  const gone = await pollUntil({ signal, untilMs, everyMs: POLL_MS }, () => (isGone() ? true : null));
  return gone !== null;
}

/**
 * Tells, time after time, whether no server process is left. While one that was found lives on, the rest need not be looked for: a walk
 * through the whole process table every few milliseconds takes the processor from the shutdown that it waits for.
 */
export function goneWatch(dataDirectory: string): () => boolean {
  let known = findPostmaster(dataDirectory);
  return () => {
    if (known !== null && isAlive(known)) return false;
    known = serverProcesses(dataDirectory)[0] ?? null;
    return known === null;
  };
}

/**
 * Fast shutdown to the end of the last process.
 * @throws {PerformFailed} when it did not end in time; it is then still shutting down.
 */
export async function stopServer(context: PerformContext): Promise<void> {
  const dataDirectory = dataDirectoryOf(context.instance);
  const postmaster = findPostmaster(dataDirectory);
  if (postmaster !== null) signalProcess(postmaster, 'SIGINT');
  if (await waitUntilGone(dataDirectory, context.signal, untilWithin(context))) return;
  if (context.signal.aborted) throw abortedFailure(context.signal, 'waiting for PostgreSQL to shut down', null);
  throw new PerformFailed('deadline', `PostgreSQL did not shut down within ${context.deadlineMs} ms; it is still trying.`, null);
}

export interface ForcedStop {
  wasRunning: boolean;
  /** True if a process had to be killed. */
  forced: boolean;
  /** Pids that are still there: processes that wait for a disk can't be ended by anybody. */
  left: number[];
}

/**
 * Immediate shutdown, then SIGKILL to every process of the directory. Listens to no abort: half a fence is none. Also used where the
 * agent acts on its own.
 */
export async function stopByForce(dataDirectory: string, graceMs: number, forceMs: number): Promise<ForcedStop> {
  const unstoppable = new AbortController().signal;
  const before = serverProcesses(dataDirectory);
  if (before.length === 0) return { wasRunning: false, forced: false, left: [] };
  const postmaster = findPostmaster(dataDirectory);
  if (postmaster !== null) signalProcess(postmaster, 'SIGQUIT');
  // Without its postmaster nobody passes the signal on, and the rest would keep serving.
  else for (const orphan of before) signalProcess(orphan, 'SIGQUIT');
  if (await waitUntilGone(dataDirectory, unstoppable, performance.now() + graceMs)) return { wasRunning: true, forced: false, left: [] };
  const gone = await pollUntil({ signal: unstoppable, untilMs: performance.now() + forceMs, everyMs: POLL_MS }, () => {
    // The postmaster first, so that it starts nothing new; then again processes that were forked meanwhile.
    const root = findPostmaster(dataDirectory);
    if (root !== null) signalProcess(root, 'SIGKILL');
    const left = serverProcesses(dataDirectory);
    for (const one of left) signalProcess(one, 'SIGKILL');
    return left.length === 0 ? true : null;
  });
  const left = gone === null ? serverProcesses(dataDirectory).filter(isAlive) : [];
  return { wasRunning: true, forced: true, left: left.map(({ pid }) => pid) };
}
