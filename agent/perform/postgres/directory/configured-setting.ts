/** Reads settings from the configuration of a server that may be stopped. */
import path from 'node:path';
import type { PerformContext } from '../../performer.ts';
import { runProgram } from '../process/programs.ts';
import { dataDirectoryOf, ownerOf, programOf } from './node-paths.ts';

/** A setting as the server would start with it; `null` when the configuration can't be read. */
export async function settingAtStart(context: PerformContext, name: string): Promise<string | null> {
  const dataDirectory = dataDirectoryOf(context.instance);
  const args = ['-C', name, '-D', configurationDirectoryOf(context) ?? dataDirectory];
  const { code, stdout } = await runProgram(programOf(context.instance, 'postgres'), args, {
    signal: context.signal,
    owner: ownerOf(dataDirectory),
  });
  return code === 0 ? stdout.trim() : null;
}

/** Debian keeps the configuration of pg_ctlcluster's servers outside the data directory. `null` = inside. */
export function configurationDirectoryOf(context: PerformContext): string | null {
  const { control } = context.config;
  return control?.service === 'pg_ctlcluster' && control.cluster !== undefined ? path.join('/etc/postgresql', control.cluster) : null;
}
