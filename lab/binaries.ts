/** Finds the programs the lab runs, and says which package brings a missing one. */
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Binaries {
  /** Directory of `postgres`, `initdb`, `pg_basebackup`… of one version. */
  postgresBin: string;
  postgresMajor: number;
  pgbackrest: string;
  pgbouncer: string;
}

const POSTGRES_MAJOR_MIN = 14;
const DEBIAN_ROOT = '/usr/lib/postgresql';
const EXTRA_DIRECTORIES = ['/usr/sbin', '/usr/local/sbin', '/usr/bin', '/usr/local/bin'];

/** @throws naming every missing program and the line that installs it. */
export function findBinaries(): Binaries {
  const postgres = newestPostgres();
  const pgbackrest = findProgram('pgbackrest');
  const pgbouncer = findProgram('pgbouncer');
  const missing = [
    postgres === null ? `PostgreSQL ${POSTGRES_MAJOR_MIN} or newer (apt-get install -y postgresql)` : '',
    pgbackrest === null ? 'pgBackRest (apt-get install -y pgbackrest)' : '',
    pgbouncer === null ? 'PgBouncer (apt-get install -y pgbouncer)' : '',
  ].filter(Boolean);
  if (postgres === null || pgbackrest === null || pgbouncer === null) throw new Error(`The lab needs ${missing.join(', ')}.`);
  return { postgresBin: postgres.bin, postgresMajor: postgres.major, pgbackrest, pgbouncer };
}

function newestPostgres(): { bin: string; major: number } | null {
  if (!existsSync(DEBIAN_ROOT)) return null;
  const found = readdirSync(DEBIAN_ROOT)
    .map((name) => ({ bin: join(DEBIAN_ROOT, name, 'bin'), major: Number(name) }))
    .filter((version) => version.major >= POSTGRES_MAJOR_MIN && existsSync(join(version.bin, 'initdb')))
    .sort((a, b) => b.major - a.major);
  return found[0] ?? null;
}

function findProgram(name: string): string | null {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), ...EXTRA_DIRECTORIES];
  return directories.map((directory) => join(directory, name)).find((path) => path.startsWith('/') && existsSync(path)) ?? null;
}
