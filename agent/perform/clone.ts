import { existsSync } from 'node:fs';
import { faultPoint } from '../fault-point.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import { PerformFailed } from './performer.ts';
import type { PerformContext, Performer } from './performer.ts';
import { putBackRestoreCommand } from './speed/restore-command-hold.ts';
import { writeAutoConf } from './postgres/config/auto-conf.ts';
import { endLeftovers, refuseRunning } from './postgres/directory/directory-work.ts';
import { emptyDataDirectory, isEmpty } from './postgres/directory/empty-directory.ts';
import { dataDirectoryOf, ownerOf, programOf } from './postgres/directory/node-paths.ts';
import { keepOwnFiles, putBackOwnFiles, walDirectoryOf } from './postgres/directory/own-files.ts';
import { copyConninfo } from './postgres/config/primary-conninfo.ts';
import { runToSuccess } from './postgres/process/programs.ts';
import { readSystemIdentifier } from './postgres/connection/source.ts';
import { makeStandbyDirectory } from './postgres/config/standby-settings.ts';
import { isOwnWreck, markOfCopy } from './postgres/directory/unfinished-copy.ts';

/** pg_basebackup takes 32 kB/s to 1 GB/s. */
const RATE_MIN_KILOBYTES = 32;
const RATE_MAX_KILOBYTES = 1_048_576;
const PROGRESS = /(\d+)\/(\d+) kB/g;

function argumentsOf(
  context: PerformContext,
  source: string,
  slot: string | null,
  bytesPerSecondMax: number | null,
  walDirectory: string | null,
): string[] {
  const { instance, config } = context;
  const kilobytes =
    bytesPerSecondMax === null ? null : Math.min(RATE_MAX_KILOBYTES, Math.max(RATE_MIN_KILOBYTES, Math.floor(bytesPerSecondMax / 1024)));
  return [
    `--pgdata=${dataDirectoryOf(instance)}`,
    `--dbname=${copyConninfo(config, context.nodeName, source)}`,
    '--wal-method=stream',
    '--checkpoint=fast',
    '--progress',
    '--no-password',
    ...(slot === null ? [] : [`--slot=${slot}`]),
    ...(kilobytes === null ? [] : [`--max-rate=${kilobytes}`]),
    ...(walDirectory === null ? [] : [`--waldir=${walDirectory}`]),
  ];
}

/** Half a copy is worth nothing and fills the disk. An empty directory can't be started, so that no mark is needed on it. */
async function removeWreck(context: PerformContext, walDirectory: string | null): Promise<void> {
  try {
    await emptyDataDirectory(context, { replace: true, systemIdentifier: '', ownWreck: true, walDirectory });
  } catch (error) {
    context.log.warn('unfinished-copy-left', { message: messageOf(error) });
  }
  if (isEmpty(dataDirectoryOf(context.instance))) context.directory.markUsable();
}

export const perform: Performer<'clone'> = async ({ source, slot, replace, bytesPerSecondMax }, context) => {
  const { instance, directory, signal } = context;
  const dataDirectory = dataDirectoryOf(instance);
  refuseRunning(context);
  await endLeftovers(context);
  const systemIdentifier = await readSystemIdentifier(context, source);
  await putBackRestoreCommand(context);
  const mark = directory.unusable();
  const walDirectory = walDirectoryOf(instance);
  if (mark === null) keepOwnFiles(instance);
  directory.markUnusable(markOfCopy(source));
  try {
    await emptyDataDirectory(context, { replace, systemIdentifier, ownWreck: isOwnWreck(mark, systemIdentifier), walDirectory });
  } catch (error) {
    // Nothing was removed yet: refusing is all that happened.
    if (mark === null) directory.markUsable();
    else directory.markUnusable(mark);
    throw error;
  }
  const startedAtMs = performance.now();
  let bytes = 0;
  let writing = false;
  const onOutput = (text: string): void => {
    const last = [...text.matchAll(PROGRESS)].at(-1);
    if (last === undefined) return;
    bytes = Number(last[1]) * 1024;
    context.progress(`Copying the base backup from ${source}.`, bytes, Number(last[2]) * 1024);
    if (!writing && bytes > 0) faultPoint('clone', 'during');
    writing ||= bytes > 0;
  };
  try {
    const args = argumentsOf(context, source, slot, bytesPerSecondMax, walDirectory);
    await runToSuccess(programOf(instance, 'pg_basebackup'), args, { signal, owner: ownerOf(dataDirectory), onOutput, changed: true });
  } catch (error) {
    await removeWreck(context, walDirectory);
    throw error;
  }
  if (!existsSync(`${dataDirectory}/PG_VERSION`))
    throw new PerformFailed('program-failed', 'pg_basebackup ended without a data directory.', true);
  // Without files of its own the node must not take over the source's: its synchronous standbys would block every write here.
  if (!putBackOwnFiles(instance).includes('postgresql.auto.conf'))
    writeAutoConf(dataDirectory, { synchronous_standby_names: null, primary_conninfo: null });
  makeStandbyDirectory(context, source, slot);
  directory.markUsable();
  return { tookMs: performance.now() - startedAtMs, bytes };
};
