import { existsSync } from 'node:fs';
import path from 'node:path';
import { faultPoint } from '../fault-point.ts';
import { lsnBytes } from '../observe/lsn.ts';
import { PerformFailed, PerformRefused } from './performer.ts';
import type { PerformContext, Performer } from './performer.ts';
import { holdUntilStarted, putBackRestoreCommand } from './speed/restore-command-hold.ts';
import { writeAutoConf } from './postgres/config/auto-conf.ts';
import { readControl, readMinimumRecovery } from './postgres/directory/control-data.ts';
import { abortedFailure } from './postgres/connection/waiting.ts';
import { configurationDirectoryOf, settingAtStart } from './postgres/directory/configured-setting.ts';
import { endLeftovers, refuseRunning } from './postgres/directory/directory-work.ts';
import { isHeld, leaveHold, releaseHold, signalFileOf } from './postgres/directory/start-guard-mark.ts';
import { keepForeignFromArchive } from './postgres/directory/foreign-segments.ts';
import { dataDirectoryOf, ownerOf, programOf } from './postgres/directory/node-paths.ts';
import { keepOwnFiles, putBackOwnFiles } from './postgres/directory/own-files.ts';
import { rewindConninfo } from './postgres/config/primary-conninfo.ts';
import { endOf, runProgram } from './postgres/process/programs.ts';
import { startServer, stopServer } from './postgres/process/server-process.ts';
import { readSource, readSourceHistory } from './postgres/connection/source.ts';
import type { SourceState } from './postgres/connection/source.ts';
import { makeStandbyDirectory } from './postgres/config/standby-settings.ts';
import { canSyncFileSystems, syncFileSystems } from './postgres/directory/sync-files.ts';
import { TimedOutput } from './postgres/process/timed-output.ts';

const OUTPUT_MAX = 3900;
/** pg_rewind says this before it writes the first byte into the directory. */
const WRITING = /need to copy|\d+\/\d+ kB/i;
const NOT_NEEDED = /no rewind required/i;
const COPIED = /(\d+)\/(\d+) kB/g;

/** @throws {PerformRefused} when pg_rewind would go by a state of the source that is out of date. */
async function checkSource(context: PerformContext, source: string): Promise<SourceState> {
  const state = await readSource(context, source);
  const control = await readControl(context.instance);
  if (control === null)
    throw new PerformRefused(
      'precondition-failed',
      'pg_control of this node can’t be read: there is nothing to rewind. Clone the node instead.',
    );
  if (control.systemIdentifier !== state.systemIdentifier)
    throw new PerformRefused(
      'precondition-failed',
      `${source} belongs to another database system (${state.systemIdentifier}, here ${control.systemIdentifier}).`,
    );
  if (state.inRecovery) throw new PerformRefused('precondition-failed', `${source} is a standby. Rewind from the primary.`);
  if (state.timeline === null || state.checkpointTimeline < state.timeline)
    throw new PerformRefused(
      'precondition-failed',
      `${source} has not made a checkpoint since its promotion; pg_rewind would find nothing to do and leave this node diverged. Run a checkpoint there, then try again.`,
    );
  return state;
}

/**
 * An earlier attempt had done all of it, and died before anybody heard: since then the server was not started, or it would have put
 * `backup_label` aside. To rewind once more it would first have to be started, without the WAL that it needs to become consistent.
 */
async function isRewound(context: PerformContext, timeline: number | null): Promise<boolean> {
  const dataDirectory = dataDirectoryOf(context.instance);
  const control = await readControl(context.instance);
  return (
    context.directory.unusable() === null &&
    control?.state === 'in archive recovery' &&
    control.timeline === timeline &&
    [path.join(dataDirectory, 'backup_label'), signalFileOf(dataDirectory)].every((file) => existsSync(file))
  );
}

/** pg_rewind ends recovery in single-user mode, which does not know standbys: those are started and stopped once. */
async function endRecovery(context: PerformContext): Promise<void> {
  const dataDirectory = dataDirectoryOf(context.instance);
  const state = (await readControl(context.instance))?.state;
  if (!existsSync(signalFileOf(dataDirectory)) || isHeld(dataDirectory)) return;
  if (state === 'shut down' || state === 'shut down in recovery') return;
  if (context.directory.unusable() !== null) return;
  writeAutoConf(dataDirectory, { primary_conninfo: '' });
  await startServer(context);
  await stopServer(context);
}

function tellProgress(context: PerformContext, text: string): void {
  const last = [...text.matchAll(COPIED)].at(-1);
  if (last === undefined) return;
  context.progress('Rewinding: copying changed blocks.', Number(last[1]) * 1024, Number(last[2]) * 1024);
}

interface Rewound {
  output: string;
  code: number | null;
  wrote: boolean;
  /** As the node's own configuration has it; `null` = none, or it can't be read. */
  restoreCommand: string | null;
}

async function run(context: PerformContext, source: string): Promise<Rewound> {
  const { instance, config, signal } = context;
  const dataDirectory = dataDirectoryOf(instance);
  const configuration = configurationDirectoryOf(context);
  const restoreCommand = await settingAtStart(context, 'restore_command');
  let wrote = false;
  const said = new TimedOutput();
  const args = [
    `--target-pgdata=${dataDirectory}`,
    `--source-server=${rewindConninfo(config, context.nodeName, source)}`,
    '--progress',
    ...(canSyncFileSystems() ? ['--no-sync'] : []),
    ...(restoreCommand === null || restoreCommand === '' ? [] : ['--restore-target-wal']),
    ...(configuration === null ? [] : [`--config-file=${path.join(configuration, 'postgresql.conf')}`]),
  ];
  const onOutput = (text: string): void => {
    if (!wrote && WRITING.test(text)) {
      wrote = true;
      faultPoint('rewind', 'during');
    }
    tellProgress(context, text);
    said.add(text);
  };
  try {
    const { code } = await runProgram(programOf(instance, 'pg_rewind'), args, {
      signal,
      owner: ownerOf(dataDirectory),
      onOutput,
    });
    return { output: endOf(said.text, OUTPUT_MAX), code, wrote, restoreCommand };
  } catch (error) {
    if (!wrote) context.directory.markUsable();
    throw error;
  }
}

/**
 * Up to PostgreSQL 15 pg_rewind goes by the timeline of the last checkpoint. A standby that replayed another branch since then is told to
 * need no rewind, and would never start. @throws {PerformFailed} then: nothing was changed, and the next way is tried.
 */
async function checkNotNeeded(context: PerformContext, source: string, timeline: number): Promise<void> {
  const reached = await readMinimumRecovery(context.instance);
  if (reached === null || reached.timeline === timeline) return;
  const ancestor = (await readSourceHistory(context, source, timeline)).find((one) => one.timeline === reached.timeline);
  if (ancestor !== undefined && lsnBytes(reached.lsn) <= lsnBytes(ancestor.endLsn)) return;
  throw new PerformFailed(
    'program-failed',
    `pg_rewind found nothing to do, but this node has replayed up to ${reached.lsn} on timeline ${reached.timeline}, which is no part of the history of ${source}: it would not start. The data directory is as it was. Restore or clone the node instead.`,
    false,
  );
}

export const perform: Performer<'rewind'> = async ({ source }, context) => {
  const { instance, directory, signal } = context;
  const dataDirectory = dataDirectoryOf(instance);
  refuseRunning(context);
  await endLeftovers(context);
  const startedAtMs = performance.now();
  const { timeline } = await checkSource(context, source);
  if (await isRewound(context, timeline))
    return {
      tookMs: performance.now() - startedAtMs,
      needed: true,
      output: `An earlier attempt has rewound it to timeline ${timeline} of ${source}.`,
    };
  await putBackRestoreCommand(context);
  const before = directory.unusable();
  if (before === null) keepOwnFiles(instance);
  await endRecovery(context);
  directory.markUnusable(`A rewind from ${source} did not finish.`);
  // pg_rewind ends a crashed server's recovery in single-user mode, which refuses a signal file; nobody can connect there.
  const wasHeld = releaseHold(dataDirectory);
  const { output, code, wrote, restoreCommand } = await run(context, source).catch((error: unknown) => {
    if (wasHeld) leaveHold(dataDirectory);
    throw error;
  });
  if (code !== 0) {
    if (wasHeld) leaveHold(dataDirectory);
    // A directory that an earlier attempt had begun to write stays unusable.
    if (!wrote && before === null) directory.markUsable();
    if (signal.aborted) throw abortedFailure(signal, 'rewinding', wrote ? true : false);
    const left =
      wrote || before !== null
        ? 'The data directory is unusable now: repeat the rewind, or restore or clone the node.'
        : 'The data directory is as it was.';
    throw new PerformFailed(
      'program-failed',
      `pg_rewind ended with exit code ${code ?? 'none'}. ${left} It said: ${endOf(output, 1200)}`,
      wrote,
    );
  }
  if (NOT_NEEDED.test(output) && timeline !== null) {
    try {
      await checkNotNeeded(context, source, timeline);
    } catch (error) {
      if (wasHeld) leaveHold(dataDirectory);
      if (before === null) directory.markUsable();
      throw error;
    }
  }
  putBackOwnFiles(instance);
  makeStandbyDirectory(context, source, null);
  keepForeignFromArchive(context, timeline);
  if (canSyncFileSystems()) await syncFileSystems(context);
  if (restoreCommand !== null && restoreCommand !== '') holdUntilStarted(context.instance, restoreCommand);
  directory.markUsable();
  return { tookMs: performance.now() - startedAtMs, needed: !NOT_NEEDED.test(output), output };
};
