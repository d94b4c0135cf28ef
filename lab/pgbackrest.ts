/** WAL archive and backups: one encrypted pgBackRest repository for each cluster, as an object store would be. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { POSTGRES_PORT } from './addresses.ts';
import type { NodePaths } from './node-paths.ts';
import { makePrivateDirectory, writePrivateFile } from './directory.ts';
import type { OsUser } from './os-user.ts';
import type { ProcessKeeper } from './processes.ts';
import { SUPERUSER } from './roles.ts';

const STANZA_DEADLINE_MS = 60_000;
const BACKUP_DEADLINE_MS = 180_000;

export interface Repository {
  stanza: string;
  path: string;
  cipherPass: string;
  program: string;
}

/** @param repositoryPath differs from the repository's own when the archive is to be broken for this node. */
export function writePgbackrestConfig(paths: NodePaths, repository: Repository, user: OsUser, repositoryPath = repository.path): void {
  for (const directory of ['lock', 'spool']) {
    const path = join(paths.home, 'pgbackrest', directory);
    if (!existsSync(path)) makePrivateDirectory(path, user);
  }
  const lines = [
    '[global]',
    `repo1-path=${repositoryPath}`,
    'repo1-cipher-type=aes-256-cbc',
    `repo1-cipher-pass=${repository.cipherPass}`,
    'repo1-retention-full=2',
    'compress-type=lz4',
    'process-max=1',
    'start-fast=y',
    'log-level-console=warn',
    'log-level-file=off',
    `lock-path=${join(paths.home, 'pgbackrest', 'lock')}`,
    `spool-path=${join(paths.home, 'pgbackrest', 'spool')}`,
    `log-path=${paths.log}`,
    '',
    `[${repository.stanza}]`,
    `pg1-path=${paths.data}`,
    `pg1-port=${POSTGRES_PORT}`,
    `pg1-socket-path=${paths.socket}`,
    `pg1-user=${SUPERUSER}`,
  ];
  writePrivateFile(paths.pgbackrestConfig, `${lines.join('\n')}\n`, user);
}

function baseArguments(paths: NodePaths, repository: Repository): string[] {
  return [`--config=${paths.pgbackrestConfig}`, `--stanza=${repository.stanza}`];
}

export function archiveCommand(paths: NodePaths, repository: Repository): string {
  return [repository.program, ...baseArguments(paths, repository), 'archive-push', '%p'].join(' ');
}

export function restoreCommand(paths: NodePaths, repository: Repository): string {
  return [repository.program, ...baseArguments(paths, repository), 'archive-get', '%f', '"%p"'].join(' ');
}

/** Prepares the repository from the data directory alone, before the server runs: the very first segment finds it ready. */
export async function createStanza(keeper: ProcessKeeper, paths: NodePaths, repository: Repository): Promise<void> {
  await keeper.run(repository.program, [...baseArguments(paths, repository), '--no-online', 'stanza-create'], STANZA_DEADLINE_MS, {
    cwd: paths.home,
  });
}

/** Takes a full backup from a running primary. */
export async function takeFullBackup(keeper: ProcessKeeper, paths: NodePaths, repository: Repository): Promise<void> {
  await keeper.run(repository.program, [...baseArguments(paths, repository), '--type=full', 'backup'], BACKUP_DEADLINE_MS, {
    cwd: paths.home,
  });
}
