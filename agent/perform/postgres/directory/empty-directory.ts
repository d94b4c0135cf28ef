/** Empties a data directory for a new copy, and only one that is proved to be this node's own. */
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { PerformRefused } from '../../performer.ts';
import type { PerformContext } from '../../performer.ts';
import { readControl } from './control-data.ts';
import { dataDirectoryOf } from './node-paths.ts';

const OF_WAL =
  /^([0-9A-F]{24}(\.partial|\.[0-9A-F]{8}\.backup)?|[0-9A-F]{8}\.history|archive_status|summaries|xlogtemp\.\d+|RECOVERY(XLOG|HISTORY))$/;

export function isEmpty(directory: string): boolean {
  return !existsSync(directory) || readdirSync(directory).length === 0;
}

function removeContents(directory: string): void {
  // The directory itself stays: it may be a mount point, and its owner and mode are right.
  for (const name of readdirSync(directory)) rmSync(path.join(directory, name), { recursive: true, force: true });
}

function refuseTablespaces(dataDirectory: string): void {
  const tablespaces = path.join(dataDirectory, 'pg_tblspc');
  if (!existsSync(tablespaces) || readdirSync(tablespaces).length === 0) return;
  throw new PerformRefused(
    'precondition-failed',
    'The cluster has tablespaces outside its data directory. The agent does not know where they should lie here: make this copy by hand with pg_basebackup --tablespace-mapping.',
  );
}

/**
 * @param ownWreck an unfinished copy of this agent left it, so its contents are worth nothing. @throws {PerformRefused} when it holds data
 * of another cluster.
 */
export async function emptyDataDirectory(
  context: PerformContext,
  options: { replace: boolean; systemIdentifier: string; ownWreck: boolean; walDirectory: string | null },
): Promise<void> {
  const dataDirectory = dataDirectoryOf(context.instance);
  if (!isEmpty(dataDirectory)) {
    if (!options.replace && !options.ownWreck) {
      throw new PerformRefused(
        'directory-not-empty',
        `${dataDirectory} is not empty. Look what is in it; a re-clone replaces it, adding a standby does not.`,
      );
    }
    const control = await readControl(context.instance);
    const isThisCluster = control?.systemIdentifier === options.systemIdentifier && existsSync(path.join(dataDirectory, 'PG_VERSION'));
    if (!isThisCluster && !options.ownWreck) {
      throw new PerformRefused(
        'directory-not-empty',
        `${dataDirectory} holds ${control === null ? 'something that is no data directory' : `another database system (${control.systemIdentifier})`}; it is not touched. Move it away yourself.`,
      );
    }
    refuseTablespaces(dataDirectory);
  }
  emptyWalDirectory(options.walDirectory);
  if (existsSync(dataDirectory)) removeContents(dataDirectory);
  else mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
}

function emptyWalDirectory(directory: string | null): void {
  if (directory === null || !existsSync(directory)) return;
  const strange = readdirSync(directory).find((name) => !OF_WAL.test(name) && name !== 'lost+found');
  if (strange !== undefined || !lstatSync(directory).isDirectory())
    throw new PerformRefused(
      'directory-not-empty',
      `The WAL directory ${directory} holds ${strange ?? 'no directory'}, which is no WAL. Move it away yourself.`,
    );
  removeContents(directory);
}
