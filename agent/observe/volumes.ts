import { realpath, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Volume } from '../../lib/agent-contract/observation.ts';

/** A mount point seldom changes; looking for it costs a few calls. */
const MOUNT_POINT_KEEP_MS = 60_000;

/** The directory at or above `directory` where its file system is mounted. */
async function mountPointOf(directory: string): Promise<string> {
  let at = await realpath(directory);
  const { dev } = await stat(at);
  for (;;) {
    const parent = path.dirname(at);
    if (parent === at || (await stat(parent)).dev !== dev) return at;
    at = parent;
  }
}

/** Size and free space of the volumes that hold the data directory and `pg_wal`. */
export class Volumes {
  readonly #mountPoints = new Map<string, { mountPoint: string; atMs: number }>();

  /** What can't be read is left out of the list; an empty list means that the data directory is out of reach. */
  async read(dataDirectory: string | null): Promise<Volume[]> {
    if (dataDirectory === null) return [];
    const wanted = [
      { purpose: 'data' as const, directory: dataDirectory },
      { purpose: 'wal' as const, directory: path.join(dataDirectory, 'pg_wal') },
    ];
    const read = await Promise.all(wanted.map(({ purpose, directory }) => this.#readOne(purpose, directory).catch(() => null)));
    return read.filter((volume) => volume !== null);
  }

  async #readOne(purpose: Volume['purpose'], directory: string): Promise<Volume> {
    const figures = await statfs(directory);
    return {
      purpose,
      mountPoint: (await this.#mountPoint(directory)).slice(0, 1024),
      sizeBytes: figures.blocks * figures.bsize,
      freeBytes: figures.bavail * figures.bsize,
    };
  }

  async #mountPoint(directory: string): Promise<string> {
    const known = this.#mountPoints.get(directory);
    if (known !== undefined && performance.now() - known.atMs < MOUNT_POINT_KEEP_MS) return known.mountPoint;
    const mountPoint = await mountPointOf(directory);
    this.#mountPoints.set(directory, { mountPoint, atMs: performance.now() });
    return mountPoint;
  }
}
