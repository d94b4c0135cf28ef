/** Does what rewind, restore and clone share: a stopped server, no second program at work, and a directory that becomes a standby's. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { PerformRefused } from '../../performer.ts';
import type { PerformContext } from '../../performer.ts';
import { pollUntil } from '../connection/waiting.ts';
import { dataDirectoryOf } from './node-paths.ts';
import { serverProcesses } from '../process/process-table.ts';
import { removeStaleLocks } from '../process/server-process.ts';

const PROGRAMS = new Set(['pg_rewind', 'pg_basebackup', 'pgbackrest']);
const END_DEADLINE_MS = 10_000;
const END_POLL_MS = 20;

/** Makes sure that no server works in the directory, nor seems to by a lock that was left. @throws {PerformRefused} while one does. */
export function refuseRunning(context: PerformContext): void {
  if (serverProcesses(dataDirectoryOf(context.instance)).length === 0) {
    removeStaleLocks(context.instance);
    return;
  }
  throw new PerformRefused('precondition-failed', 'PostgreSQL still runs on this node. Fence it first, then try again.');
}

/** Programs that an agent that was killed left at work on the directory. */
function leftAtWork(dataDirectory: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid <= 0) return [];
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const onDirectory = args.some((arg) => arg === dataDirectory || arg.endsWith(`=${dataDirectory}`));
      return PROGRAMS.has(path.basename(args[0] ?? '')) && onDirectory && !args.includes('archive-push') && !args.includes('archive-get')
        ? [pid]
        : [];
    } catch {
      return [];
    }
  });
}

/** Two programs that write the same directory would spoil it for good. @throws {PerformRefused} when one can't be ended. */
export async function endLeftovers(context: PerformContext): Promise<void> {
  const dataDirectory = dataDirectoryOf(context.instance);
  for (const pid of leftAtWork(dataDirectory)) {
    context.log.warn('program-left-at-work', { pid, message: 'Ended: an agent that was stopped had left it.' });
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended without a signal.
    }
  }
  const untilMs = performance.now() + END_DEADLINE_MS;
  const gone = await pollUntil({ signal: context.signal, untilMs, everyMs: END_POLL_MS }, () =>
    leftAtWork(dataDirectory).length === 0 ? true : null,
  );
  if (gone === null)
    throw new PerformRefused('busy', `Another program still works on ${dataDirectory}: process ${leftAtWork(dataDirectory).join(', ')}.`);
}
