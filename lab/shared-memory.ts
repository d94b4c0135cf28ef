/** System V shared memory that a killed PostgreSQL leaves behind. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A postmaster killed with SIGKILL leaves a small System V segment behind, whose key and id stand in `postmaster.pid`. Only a
 * segment that still has both is removed: ids are used again by others.
 */
export function freeSharedMemory(dataDirectory: string): void {
  const pidFile = join(dataDirectory, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const [key, id] = (readFileSync(pidFile, 'utf8').split('\n')[6] ?? '').trim().split(/\s+/);
  if (key === undefined || id === undefined) return;
  const segments = readFileSync('/proc/sysvipc/shm', 'utf8').split('\n').slice(1);
  const matches = segments.some((line) => {
    const [segmentKey, segmentId] = line.trim().split(/\s+/);
    return segmentId === id && Number(segmentKey) === (Number(key) | 0);
  });
  if (matches) execFileSync('ipcrm', ['-m', id], { stdio: 'ignore' });
}
