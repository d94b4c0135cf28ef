import type { Performer } from './performer.ts';
import { dataDirectoryOf, ownerOf } from './postgres/directory/node-paths.ts';
import { endOf, runToSuccess } from './postgres/process/programs.ts';
import { backrestArguments } from './restore.ts';

const OUTPUT_MAX = 3900;

/** pgBackRest pushes a segment and sees it arrive: a backup from this node would work. */
export const perform: Performer<'check-backup'> = async (_args, context) => {
  const { instance, config, signal, deadlineMs } = context;
  const archiveTimeoutSeconds = Math.max(1, Math.floor(deadlineMs / 1000) - 2);
  const args = [
    ...backrestArguments(context),
    '--log-level-console=info',
    '--log-level-file=off',
    `--archive-timeout=${archiveTimeoutSeconds}`,
    'check',
  ];
  const { stdout, stderr } = await runToSuccess(config.backup.command, args, {
    signal,
    owner: ownerOf(dataDirectoryOf(instance)),
    changed: false,
  });
  return { output: endOf(`${stdout}\n${stderr}`, OUTPUT_MAX) };
};
