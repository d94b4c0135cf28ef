/** Observes the volumes that hold tablespaces, beside those of the data directory and of WAL. */
import { readdir, realpath, statfs } from 'node:fs/promises';
import path from 'node:path';
import { TABLESPACE_VOLUMES_MAX } from '../../lib/agent-contract/observation.ts';
import type { TablespaceVolumes as Observed } from '../../lib/agent-contract/observation.ts';
import { mountPointOf } from './volumes.ts';

/** Each costs a few calls; a server seldom has more than a handful. */
const TABLESPACES_MAX = 64;
/** Where they lie seldom changes, and each question takes a thread. */
const KEEP_MS = 10_000;

export class TablespaceVolumes {
  #kept: { observed: Observed; dataDirectory: string; atMs: number } | null = null;
  /** A volume that hangs holds one thread, not one more with each tick. */
  #asking: Promise<Observed> | null = null;

  /** `null` = unknown: the data directory is out of reach or has none. Rejects when it can't be read. */
  async read(dataDirectory: string | null): Promise<Observed | null> {
    if (dataDirectory === null) return null;
    const kept = this.#kept;
    if (kept !== null && kept.dataDirectory === dataDirectory && performance.now() - kept.atMs < KEEP_MS) return kept.observed;
    this.#asking ??= ask(dataDirectory).finally(() => (this.#asking = null));
    const observed = await this.#asking;
    this.#kept = { observed, dataDirectory, atMs: performance.now() };
    return observed;
  }
}

async function ask(dataDirectory: string): Promise<Observed> {
  const names = (await readdir(path.join(dataDirectory, 'pg_tblspc'))).filter((name) => /^\d+$/.test(name)).toSorted();
  const own = new Set(await Promise.all([dataDirectory, path.join(dataDirectory, 'pg_wal')].map((directory) => mountPointOf(directory))));
  const byMountPoint = new Map<string, string>();
  let more = Math.max(0, names.length - TABLESPACES_MAX);
  for (const name of names.slice(0, TABLESPACES_MAX)) {
    const directory = await realpath(path.join(dataDirectory, 'pg_tblspc', name)).catch(() => null);
    const mountPoint = directory === null ? null : await mountPointOf(directory).catch(() => null);
    if (directory === null || mountPoint === null) more += 1;
    else if (!own.has(mountPoint) && !byMountPoint.has(mountPoint)) byMountPoint.set(mountPoint, directory);
  }
  const volumes: Observed['volumes'] = [];
  for (const [mountPoint, directory] of byMountPoint) {
    const figures = volumes.length < TABLESPACE_VOLUMES_MAX ? await statfs(directory).catch(() => null) : null;
    if (figures === null) more += 1;
    else {
      const { blocks, bavail, bsize } = figures;
      volumes.push({ mountPoint: mountPoint.slice(0, 1024), sizeBytes: blocks * bsize, freeBytes: bavail * bsize });
    }
  }
  return { volumes, more };
}
