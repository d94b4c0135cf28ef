/** Lays out the directory of the private control database and creates it. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { OsUser } from './os-user.ts';

const run = promisify(execFile);
const INITDB_TIMEOUT_MS = 120_000;
export const SUPERUSER = 'postgres';

export interface Secrets {
  superuser: string;
  owner: string;
  web: string;
}

export interface Paths {
  dir: string;
  data: string;
  secrets: string;
  port: string;
  starter: string;
  startLog: string;
}

export function pathsIn(dir: string): Paths {
  const file = (name: string): string => path.join(dir, name);
  return {
    dir,
    data: file('data'),
    secrets: file('passwords.json'),
    port: file('port'),
    starter: file('started-by.json'),
    startLog: file('start.log'),
  };
}

export function writePrivate(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
  chmodSync(file, 0o600);
}

/** Made once, before the cluster, so that a first start that was interrupted continues with the same ones. */
export function openSecrets(paths: Paths): Secrets {
  if (existsSync(paths.secrets)) return JSON.parse(readFileSync(paths.secrets, 'utf8')) as Secrets;
  if (existsSync(paths.data)) {
    throw new Error(
      `The passwords of the private control database are gone (${paths.secrets}). Restore that file, or move ${paths.data} away to begin again.`,
    );
  }
  const make = (): string => randomBytes(24).toString('base64url');
  const secrets = { superuser: make(), owner: make(), web: make() };
  writePrivate(paths.secrets, JSON.stringify(secrets));
  return secrets;
}

export async function initialise(binDir: string, user: OsUser | null, paths: Paths, secrets: Secrets): Promise<void> {
  const fresh = `${paths.data}.new`;
  const passwordFile = path.join(paths.dir, 'initdb-password');
  rmSync(fresh, { recursive: true, force: true });
  writePrivate(passwordFile, secrets.superuser);
  if (user !== null) chownSync(passwordFile, user.uid, user.gid);
  const args = ['-D', fresh, '-U', SUPERUSER, '-A', 'scram-sha-256', '--pwfile', passwordFile, '-E', 'UTF8', '--locale=C', '-k'];
  try {
    await run(path.join(binDir, 'initdb'), args, { ...(user ?? {}), cwd: '/', timeout: INITDB_TIMEOUT_MS });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() ?? String(error);
    throw new Error(`initdb could not make the private control database in ${paths.data}: ${said}`, { cause: error });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  // Only a finished cluster gets the name: an interrupted initdb is thrown away at the next start.
  renameSync(fresh, paths.data);
}
