/**
 * Under which operating system user the lab's servers run. PostgreSQL refuses to run as root, so root hands over to `postgres`;
 * anybody else runs them as themselves.
 */
import { spawnSync } from 'node:child_process';
import { chownSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

export interface OsUser {
  name: string;
  /** `undefined`: the user of this process; nothing is switched. */
  ids: { uid: number; gid: number } | undefined;
}

const SERVER_USER = 'postgres';

/** @throws when root has no `postgres` user to hand over to. */
export function serverUser(): OsUser {
  if (process.getuid?.() !== 0) return { name: userInfo().username, ids: undefined };
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${SERVER_USER}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) {
    throw new Error('PostgreSQL refuses to run as root, and there is no OS user `postgres`. Install it: apt-get install -y postgresql');
  }
  return { name: SERVER_USER, ids: { uid: Number(uid), gid: Number(gid) } };
}

/** Names of the OS users that may act as PostgreSQL superuser over the unix socket: the server's own, and who runs the lab. */
export function localAdministrators(user: OsUser): string[] {
  return [...new Set([user.name, userInfo().username])];
}

export function giveTo(user: OsUser, path: string): void {
  if (user.ids) chownSync(path, user.ids.uid, user.ids.gid);
}

/** Asked of the kernel, as that user, not guessed from modes. */
export function canUse(user: OsUser, path: string): boolean {
  return spawnSync('test', ['-x', path], { ...user.ids, stdio: 'ignore', cwd: '/' }).status === 0;
}
