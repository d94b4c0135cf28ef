/** Chooses the OS user of PostgreSQL: it refuses root, so under root it is `postgres`. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const COMMAND_TIMEOUT_MS = 10_000;
const SERVER_USER = 'postgres';

export interface OsUser {
  uid: number;
  gid: number;
}

/** `null`: we are not root, so servers run as ourselves. */
export function serverUser(): OsUser | null {
  if (process.getuid?.() !== 0) return null;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${SERVER_USER}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) {
    throw new Error(
      `PostgreSQL refuses to run as root, and there is no OS user “${SERVER_USER}”. Install PostgreSQL (apt-get install postgresql), or start Farshore as another user.`,
    );
  }
  return { uid: Number(uid), gid: Number(gid) };
}

async function canEnter(user: OsUser, dir: string): Promise<boolean> {
  try {
    await run('/usr/bin/test', ['-x', dir], { ...user, cwd: '/', timeout: COMMAND_TIMEOUT_MS });
    return true;
  } catch {
    return false;
  }
}

/** Throws with the first directory on the way to `dir` that `user` may not enter. */
export async function requireEnterable(user: OsUser | null, dir: string): Promise<void> {
  if (user === null) return;
  const parts = dir.split(path.sep).filter((part) => part !== '');
  for (let depth = 1; depth <= parts.length; depth++) {
    const ancestor = path.sep + parts.slice(0, depth).join(path.sep);
    if (await canEnter(user, ancestor)) continue;
    throw new Error(
      `PostgreSQL runs as the OS user “${SERVER_USER}”, which may not enter ${ancestor}. ` +
        `Keep Farshore's state elsewhere (--dir or FARSHORE_DIR, such as /var/lib/farshore), or allow it: chmod o+x ${ancestor}`,
    );
  }
}
