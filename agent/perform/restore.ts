import { readFileSync } from 'node:fs';
import path from 'node:path';
import { faultPoint } from '../fault-point.ts';
import { PerformRefused } from './performer.ts';
import type { PerformContext, Performer } from './performer.ts';
import { putBackRestoreCommand } from './speed/restore-command-hold.ts';
import { settingInAutoConf, writeAutoConf } from './postgres/config/auto-conf.ts';
import { settingAtStart } from './postgres/directory/configured-setting.ts';
import { endLeftovers, refuseRunning } from './postgres/directory/directory-work.ts';
import { readControl } from './postgres/directory/control-data.ts';
import { isEmpty } from './postgres/directory/empty-directory.ts';
import { dataDirectoryOf, ownerOf } from './postgres/directory/node-paths.ts';
import { keepOwnFiles, putBackOwnFiles, walDirectoryOf } from './postgres/directory/own-files.ts';
import { endOf, runToSuccess } from './postgres/process/programs.ts';
import { markOfRestore } from './postgres/directory/unfinished-copy.ts';

const OUTPUT_MAX = 3900;
const PERCENT = /\((\d+(?:\.\d+)?[A-Z]*B), (\d+(?:\.\d+)?)%\)/g;

/** Stanza and configuration, as every call of pgBackRest here begins. @throws {PerformRefused} without a stanza. */
export function backrestArguments(context: PerformContext): string[] {
  const { stanza, config } = context.config.backup;
  if (stanza === undefined)
    throw new PerformRefused(
      'not-configured',
      'No backup repository is configured for this node. Set stanza and config under [backup], or clone the node.',
    );
  return [`--stanza=${stanza}`, ...(config === undefined ? [] : [`--config=${config}`])];
}

/** pgBackRest writes the command that fetches WAL; it is kept when the node's own configuration has none. */
async function keepRestoreCommand(context: PerformContext, written: string | null): Promise<void> {
  if (written === null) return;
  const own = await settingAtStart(context, 'restore_command');
  if (own === '') writeAutoConf(dataDirectoryOf(context.instance), { restore_command: written });
}

function restoreCommandIn(dataDirectory: string): string | null {
  try {
    const text = readFileSync(path.join(dataDirectory, 'postgresql.auto.conf'), 'utf8');
    return settingInAutoConf(text, 'restore_command');
  } catch {
    return null;
  }
}

export const perform: Performer<'restore'> = async (_args, context) => {
  const { instance, config, directory, signal } = context;
  const dataDirectory = dataDirectoryOf(instance);
  refuseRunning(context);
  await endLeftovers(context);
  const stanza = backrestArguments(context);
  await putBackRestoreCommand(context);
  const mark = directory.unusable();
  if (mark === null) keepOwnFiles(instance);
  const walDirectory = walDirectoryOf(instance);
  const startedAtMs = performance.now();
  const args = [
    ...stanza,
    `--pg1-path=${dataDirectory}`,
    ...(isEmpty(dataDirectory) ? [] : ['--delta']),
    '--type=standby',
    '--log-level-console=detail',
    '--log-level-file=off',
    ...(walDirectory === null ? [] : [`--link-map=pg_wal=${walDirectory}`]),
    'restore',
  ];
  const control = await readControl(context.instance);
  directory.markUnusable(markOfRestore(mark, isEmpty(dataDirectory), control?.systemIdentifier ?? null));
  let writing = false;
  const onOutput = (text: string): void => {
    const last = [...text.matchAll(PERCENT)].at(-1);
    if (last !== undefined) context.progress(`Restoring from the backup: ${last[2]} %.`, null, null);
    if (!writing && last !== undefined) faultPoint('restore', 'during');
    writing ||= last !== undefined;
  };
  const { stdout, stderr } = await runToSuccess(config.backup.command, args, {
    signal,
    owner: ownerOf(dataDirectory),
    onOutput,
    changed: true,
  });
  const restoreCommand = restoreCommandIn(dataDirectory);
  putBackOwnFiles(instance);
  await keepRestoreCommand(context, restoreCommand);
  directory.markUsable();
  return { tookMs: performance.now() - startedAtMs, output: endOf(`${stdout}\n${stderr}`, OUTPUT_MAX) };
};
