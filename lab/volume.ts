/** A small volume of its own for one node's WAL, so that a full disk can be had for real. Needs root; elsewhere a plain directory. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningNode } from './lab-node.ts';
import type { OsUser } from './os-user.ts';

export const WAL_VOLUME_BYTES = 640 * 1024 * 1024;
const GROW_BELOW_BYTES = 64 * 1024 * 1024;
const GROW_BY_BYTES = 192 * 1024 * 1024;

/** Mounts a tmpfs at `path` for the servers' OS user. @returns `null` when mounted, else the reason why not. */
export function mountWalVolume(path: string, user: OsUser): string | null {
  if (user.ids === undefined) return 'mounting a volume needs root; its WAL lies in a plain directory';
  mkdirSync(path, { mode: 0o700 });
  const options = `size=${WAL_VOLUME_BYTES},mode=0700,uid=${user.ids.uid},gid=${user.ids.gid}`;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'farshore-lab-wal', path], { stdio: 'pipe' });
    return null;
  } catch (error) {
    return `mount refused (${(error as Error).message.split('\n').slice(0, 2).join(' ').trim()}); its WAL lies in a plain directory`;
  }
}

/**
 * Gives a volume that was filled to the brim room to start its server again, as an administrator would.
 * @returns whether it had to.
 */
export function growWalVolumeIfFull(path: string): boolean {
  const stats = statfsSync(path);
  if (stats.bavail * stats.bsize >= GROW_BELOW_BYTES) return false;
  execFileSync('mount', ['-o', `remount,size=${stats.blocks * stats.bsize + GROW_BY_BYTES}`, path], { stdio: 'pipe' });
  return true;
}

/** Unmounts everything mounted inside `root`, deepest first; lazily when something still holds it. */
export function unmountBelow(root: string): void {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '))
    .filter((point) => point.startsWith(`${root}/`))
    .sort((a, b) => b.length - a.length);
  for (const point of points) {
    try {
      execFileSync('umount', [point], { stdio: 'pipe' });
    } catch {
      execFileSync('umount', ['-l', point], { stdio: 'pipe' });
    }
  }
}

/** A copy of the data directory may have left the WAL volume behind. */
export function hasOwnVolume({ spec, paths, walVolumeProblem }: RunningNode): boolean {
  if (!spec.ownWalVolume || walVolumeProblem !== null) return false;
  try {
    return readlinkSync(join(paths.data, 'pg_wal')).startsWith(paths.walVolume);
  } catch {
    return false;
  }
}

export function freeBytes(path: string): number {
  const stats = statfsSync(path);
  return stats.bavail * stats.bsize;
}
