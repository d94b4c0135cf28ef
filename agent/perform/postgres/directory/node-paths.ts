/** Where things of this node lie, from the agent's configuration. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { AgentConfig } from '../../../config.ts';
import { PerformRefused } from '../../performer.ts';

const DEBIAN_ROOT = '/usr/lib/postgresql';

/** @throws {PerformRefused} when the configuration does not name it: a server that is down can't be asked. */
export function dataDirectoryOf(config: AgentConfig): string {
  const directory = config.postgres.data_directory;
  if (directory === undefined) {
    throw new PerformRefused(
      'not-configured',
      'The agent does not know the data directory. Set data_directory under [postgres] in the agent’s configuration and restart the agent.',
    );
  }
  return directory;
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
export function programOf(config: AgentConfig, program: string): string {
  const configured = config.postgres.bin_directory;
  const major = config.postgres.data_directory === undefined ? null : majorVersionOf(config.postgres.data_directory);
  const directory = configured ?? (major === null ? null : path.join(DEBIAN_ROOT, String(major), 'bin'));
  const file = directory === null ? null : path.join(directory, program);
  if (file !== null && existsSync(file)) return file;
  throw new PerformRefused(
    'not-configured',
    `${program} was not found${directory === null ? '' : ` in ${directory}`}. Install PostgreSQL’s server package, or set bin_directory under [postgres].`,
  );
}

/** Where the output of a server goes that the agent starts with pg_ctl. */
export const serverLogOf = (config: AgentConfig): string =>
  config.postgres.log_file ?? path.join(config.agent.state_directory, 'postgresql.log');

/** Where diverged WAL and lists of lost rows are kept. */
export const keepDirectoryOf = (config: AgentConfig): string =>
  config.control?.keep_directory ?? path.join(config.agent.state_directory, 'kept');

/** Ids to run PostgreSQL's programs with: those of the directory's owner when the agent is root, else its own (`null`). */
export function ownerOf(directory: string): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const { uid, gid } = statSync(directory);
  return { uid, gid };
}
