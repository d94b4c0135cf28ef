/**
 * Reads restore_command as far as the agent may trust it. The command is a line for a shell, which agents never run; it counts where it is
 * pgBackRest with this node's own stanza and configuration. Then the agent asks pgBackRest itself.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import type { AgentConfig } from '../../../config.ts';
import { PerformFailed } from '../../performer.ts';
import type { PerformContext } from '../../performer.ts';
import { historyFileName } from '../../../observe/history-file.ts';
import { dataDirectoryOf, ownerOf } from '../directory/node-paths.ts';
import { endOf, runProgram } from '../process/programs.ts';

/** Whatever makes a shell do more than run one program. */
const SHELL_SYNTAX = /[;&|<>$`\\()*?~#!{}\n]/;
/** Options that don't change which repository is read. */
const HARMLESS = /^--(?:log-[a-z-]+|lock-path|spool-path|process-max|archive-[a-z-]+|no-archive-async|buffer-size|io-timeout)(?:=|$)/;
/** A lower priority changes nothing about what is read. */
const NICE = /^(?:\/usr\/bin\/)?nice(?:\s+(?:-n\s*|--adjustment=|-)\d{1,2})?\s+/;
/** Where pgBackRest looks when no configuration is named. */
const DEFAULT_CONFIGS = ['/etc/pgbackrest/pgbackrest.conf', '/etc/pgbackrest.conf'];
const NOT_FOUND = 1;
const OUTPUT_MAX = 300;

const valueOf = (words: readonly string[], option: string): string | undefined =>
  words.find((word) => word.startsWith(`--${option}=`))?.slice(option.length + 3);

/** Why the agent can't say what this command reads from, as the end of a sentence; `null` = it is this node's own repository. Pure. */
export function whyForeignArchive(command: string, { stanza, config }: AgentConfig['backup']): string | null {
  if (stanza === undefined) return 'the agent knows no backup repository ([backup] in its configuration)';
  const words = command
    .trim()
    .replace(NICE, '')
    .split(/\s+/)
    .map((word) => word.replace(/^(["'])(.*)\1$/, '$2'));
  const [program = '', ...rest] = words;
  if (SHELL_SYNTAX.test(command) || path.basename(program) !== 'pgbackrest' || !rest.includes('archive-get'))
    return 'restore_command is not a plain call of pgbackrest archive-get';
  if (valueOf(rest, 'stanza') !== stanza) return `restore_command does not name the stanza ${stanza}`;
  const named = valueOf(rest, 'config');
  const same = named === config || (named === undefined && config !== undefined && DEFAULT_CONFIGS.includes(config));
  if (!same) return 'restore_command names another configuration of pgBackRest than the agent’s';
  const known = (word: string): boolean =>
    ['archive-get', '%f', '%p'].includes(word) || /^--(?:stanza|config)=/.test(word) || HARMLESS.test(word);
  const strange = rest.find((word) => !known(word));
  return strange === undefined ? null : `restore_command has “${strange.slice(0, 60)}”, which may lead to another repository`;
}

/** @throws {PerformFailed} when pgBackRest does not say. */
export async function isTimelineArchived(context: PerformContext, timeline: number): Promise<boolean> {
  const { instance, config, signal } = context;
  const { stanza = '', config: file, command } = config.backup;
  const target = path.join(config.agent.state_directory, `archived-history.${process.pid}`);
  const args = [
    `--stanza=${stanza}`,
    ...(file === undefined ? [] : [`--config=${file}`]),
    '--log-level-console=error',
    '--log-level-file=off',
    'archive-get',
    historyFileName(timeline),
    target,
  ];
  try {
    const { code, stdout, stderr } = await runProgram(command, args, { signal, owner: ownerOf(dataDirectoryOf(instance)) });
    if (code === 0) return true;
    if (code === NOT_FOUND) return false;
    const said = endOf(`${stdout}\n${stderr}`, OUTPUT_MAX);
    throw new PerformFailed('program-failed', `pgbackrest archive-get ended with exit code ${code ?? 'none'}. It said: ${said}`, false);
  } finally {
    for (const left of [target, `${target}.pgbackrest.tmp`]) rmSync(left, { force: true });
  }
}
