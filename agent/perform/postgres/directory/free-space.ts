/** A new primary writes WAL from its first moment: without room it stops at once, when the old one is stopped already. */
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { PerformRefused } from '../../performer.ts';
import type { PerformContext } from '../../performer.ts';
import { dataDirectoryOf } from './node-paths.ts';

const MIB = 1024 ** 2;
/** The segment of the new timeline and the one after it. */
const FREE_BYTES_MIN = 32 * MIB;

/** @throws {PerformRefused} naming the volume. */
export async function requireRoom({ instance, nodeName }: PerformContext): Promise<void> {
  const dataDirectory = dataDirectoryOf(instance);
  const volumes = { WAL: path.join(dataDirectory, 'pg_wal'), data: dataDirectory };
  for (const [purpose, directory] of Object.entries(volumes)) {
    const { bavail, bsize } = await statfs(directory);
    if (bavail * bsize >= FREE_BYTES_MIN) continue;
    throw new PerformRefused(
      'precondition-failed',
      `${nodeName} has ${Math.floor((bavail * bsize) / MIB)} MiB free on its ${purpose} volume: as primary it would stop at once. Free at least ${FREE_BYTES_MIN / MIB} MiB, then try again.`,
    );
  }
}
