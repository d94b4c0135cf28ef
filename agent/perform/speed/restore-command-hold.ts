/**
 * A hold: this standby is left without restore_command for a change of primary, because its startup process would run it several times
 * while clients wait, or when it is started after a rewind, which has brought all the WAL that it needs. What stood in postgresql.auto.conf lies on the agent's disk before it is changed, so that it is put back by
 * the next of these: the operation, another verb that needs the archive, or the agent itself.
 */
import type { Instance } from '../../instance.ts';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { readJsonFile, writeFileAtomically } from '../../journal/atomic-file.ts';
import type { PerformContext } from '../performer.ts';
import { applySettings, changeSettings, reloadServer, settingInAutoConf, writeAutoConf } from '../postgres/config/auto-conf.ts';
import type { SettingChanges } from '../postgres/config/auto-conf.ts';
import { ServerUnreachable } from '../postgres/connection/control-connection.ts';
import type { ControlSession } from '../postgres/connection/control-connection.ts';
import { dataDirectoryOf } from '../postgres/directory/node-paths.ts';

const FILE = 'archive-hold.json';

const Hold = z.object({
  at: z.iso.datetime(),
  /** From postgresql.auto.conf; `null` = not set there, the setting is in another file. */
  own: z.string().nullable(),
  /** The value in force. */
  command: z.string(),
});
export type ArchiveHold = z.infer<typeof Hold>;

const fileOf = (instance: Instance): string => path.join(instance.stateDirectory, FILE);

/** The hold that stands; `null` = none. */
export const readHold = (instance: Instance): ArchiveHold | null => Hold.safeParse(readJsonFile(fileOf(instance))).data ?? null;

function autoConfSays(instance: Instance): string | null {
  try {
    return settingInAutoConf(readFileSync(path.join(dataDirectoryOf(instance), 'postgresql.auto.conf'), 'utf8'), 'restore_command');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Takes restore_command away from the running server, or keeps it away. */
export async function holdRestoreCommand(context: PerformContext, session: ControlSession, command: string, at: string): Promise<void> {
  const { instance } = context;
  const [before, says] = [readHold(instance), autoConfSays(instance)];
  // Empty by an earlier hold: what stood there before that is what counts.
  const own = before !== null && says === '' ? before.own : says;
  writeFileAtomically(fileOf(instance), `${JSON.stringify({ at, own, command } satisfies ArchiveHold)}\n`);
  await applySettings(context, session, { restore_command: '' });
}

/** Takes restore_command away from a server that does not run, until it has been started. */
export function holdUntilStarted(instance: Instance, command: string): void {
  const hold: ArchiveHold = { at: new Date().toISOString(), own: autoConfSays(instance), command };
  writeFileAtomically(fileOf(instance), `${JSON.stringify(hold)}\n`);
  writeAutoConf(dataDirectoryOf(instance), { restore_command: '' });
}

async function writeBack(context: PerformContext, changes: SettingChanges): Promise<void> {
  try {
    await changeSettings(context, changes);
  } catch (error) {
    if (!(error instanceof ServerUnreachable)) throw error;
    // It is on its way up or down: the file is what it reads next.
    const dataDirectory = dataDirectoryOf(context.instance);
    writeAutoConf(dataDirectory, changes);
    reloadServer(dataDirectory);
  }
}

/**
 * Puts back what stood there, on a running server or a stopped one, unless somebody has set something else meanwhile. Every verb that
 * starts a server or replaces its files calls it first. @returns whether there was a hold.
 */
export async function putBackRestoreCommand(context: PerformContext): Promise<boolean> {
  const hold = readHold(context.instance);
  if (hold === null) return false;
  if (autoConfSays(context.instance) === '') await writeBack(context, { restore_command: hold.own });
  rmSync(fileOf(context.instance), { force: true });
  return true;
}
