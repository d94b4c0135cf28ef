/** Finds PostgreSQL's server programs on this machine. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const COMMAND_TIMEOUT_MS = 10_000;
const DEBIAN_ROOT = '/usr/lib/postgresql';
export const MAJOR_VERSION_MIN = 14;

export interface Binaries {
  dir: string;
  majorVersion: number;
}

const hasServer = (dir: string): boolean => existsSync(path.join(dir, 'initdb')) && existsSync(path.join(dir, 'postgres'));

/** `postgres (PostgreSQL) 15.18 (Debian …)` → 15. */
async function majorVersionOf(dir: string): Promise<number | null> {
  try {
    const { stdout } = await run(path.join(dir, 'postgres'), ['--version'], { timeout: COMMAND_TIMEOUT_MS });
    const digits = /\(PostgreSQL\) (\d+)/.exec(stdout)?.[1];
    return digits === undefined ? null : Number(digits);
  } catch {
    return null;
  }
}

/** Every server installation in Debian's layout and on PATH, newest first. */
export async function listBinaries(searchPath = process.env['PATH'] ?? '', debianRoot = DEBIAN_ROOT): Promise<Binaries[]> {
  const versioned = existsSync(debianRoot) ? readdirSync(debianRoot).map((name) => path.join(debianRoot, name, 'bin')) : [];
  const dirs = [...new Set([...versioned, ...searchPath.split(path.delimiter).filter((dir) => dir !== '')])].filter(hasServer);
  const found: Binaries[] = [];
  for (const dir of dirs) {
    const majorVersion = await majorVersionOf(dir);
    if (majorVersion !== null) found.push({ dir, majorVersion });
  }
  return found.sort((a, b) => b.majorVersion - a.majorVersion);
}

/**
 * The installation to use: the newest, or for an existing data directory the version that made it.
 * @throws Error naming the package to install.
 */
export function chooseBinaries(found: readonly Binaries[], dataVersion: number | null): Binaries {
  if (dataVersion !== null) {
    const same = found.find(({ majorVersion }) => majorVersion === dataVersion);
    if (same !== undefined) return same;
    const present = found.map(({ majorVersion }) => majorVersion).join(', ') || 'none';
    throw new Error(
      `The private control database was made by PostgreSQL ${dataVersion}, which is not installed (installed: ${present}). ` +
        `Install it: apt-get install postgresql-${dataVersion} — or move the data to a newer version with pg_upgrade.`,
    );
  }
  const newest = found[0];
  if (newest !== undefined && newest.majorVersion >= MAJOR_VERSION_MIN) return newest;
  const seen = newest === undefined ? `no PostgreSQL server in ${DEBIAN_ROOT}/*/bin or on PATH` : `only PostgreSQL ${newest.majorVersion}`;
  throw new Error(
    `Farshore needs PostgreSQL ${MAJOR_VERSION_MIN} or newer for its control database; there is ${seen}. ` +
      'Install it: apt-get install postgresql — or set DATABASE_URL to a server elsewhere.',
  );
}
