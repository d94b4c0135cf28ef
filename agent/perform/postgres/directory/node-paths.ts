/** Finds where the things of an instance lie. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { AgentConfig } from '../../../config.ts';
import { debianBinDirectory } from '../../../instance.ts';
import type { Instance } from '../../../instance.ts';
import { PerformRefused } from '../../performer.ts';

/** @throws {PerformRefused} when the configuration does not name it: a server that is down can't be asked. */
export function dataDirectoryOf({ dataDirectory }: Pick<Instance, 'dataDirectory'>): string {
  if (dataDirectory === null) {
    throw new PerformRefused(
      'not-configured',
      'The agent does not know the data directory. Set data_directory under [postgres] in the agent’s configuration and restart the agent.',
    );
  }
  return dataDirectory;
}

/** PostgreSQL's major version as PG_VERSION says; `null` without one (an empty directory). */
export function majorVersionOf(dataDirectory: string): number | null {
  try {
    const major = Number.parseInt(readFileSync(path.join(dataDirectory, 'PG_VERSION'), 'utf8'), 10);
    return Number.isInteger(major) ? major : null;
  } catch {
    return null;
  }
}

/** The full path of one of PostgreSQL's own programs. @throws {PerformRefused} when it is not there. */
export function programOf({ binDirectory, dataDirectory }: Pick<Instance, 'binDirectory' | 'dataDirectory'>, program: string): string {
  const major = dataDirectory === null ? null : majorVersionOf(dataDirectory);
  const directory = binDirectory ?? (major === null ? null : debianBinDirectory(major));
  const file = directory === null ? null : path.join(directory, program);
  if (file !== null && existsSync(file)) return file;
  throw new PerformRefused(
    'not-configured',
    `${program} was not found${directory === null ? '' : ` in ${directory}`}. Install PostgreSQL’s server package, or set bin_directory under [postgres].`,
  );
}

/** Where diverged WAL and lists of lost rows are kept. */
export const keepDirectoryOf = (config: AgentConfig): string =>
  config.control?.keep_directory ?? path.join(config.agent.state_directory, 'kept');

/** Ids to run PostgreSQL's programs with: those of the directory's owner when the agent is root, else its own (`null`). */
export function ownerOf(directory: string): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const { uid, gid } = statSync(directory);
  return { uid, gid };
}
