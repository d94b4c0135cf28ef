import { realpath, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Volume } from '../../lib/agent-contract/observation.ts';

/** A mount point seldom changes; looking for it costs a few calls. */
const MOUNT_POINT_KEEP_MS = 60_000;
/** Free space is asked every second tick or so: each question goes through a thread, since a hung disk must not hang the agent. */
const FIGURES_KEEP_MS = 1500;

/** The directory at or above `directory` where its file system is mounted. */
export async function mountPointOf(directory: string): Promise<string> {
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
  #kept: { volumes: Volume[]; dataDirectory: string; atMs: number } | null = null;

  /** An unreadable volume is left out; an empty list means that the data directory is out of reach. */
  async read(dataDirectory: string | null): Promise<Volume[]> {
    if (dataDirectory === null) return [];
    const kept = this.#kept;
    if (kept !== null && kept.dataDirectory === dataDirectory && performance.now() - kept.atMs < FIGURES_KEEP_MS) return kept.volumes;
    const volumes = await this.#ask(dataDirectory);
    this.#kept = { volumes, dataDirectory, atMs: performance.now() };
    return volumes;
  }

  async #ask(dataDirectory: string): Promise<Volume[]> {
    const data = await this.#readOne('data', dataDirectory).catch(() => null);
    if (data === null) return [];
    const walDirectory = path.join(dataDirectory, 'pg_wal');
    const mountPoint = await this.#mountPoint(walDirectory).catch(() => null);
    if (mountPoint === data.mountPoint) return [data, { ...data, purpose: 'wal' }];
    const wal = await this.#readOne('wal', walDirectory).catch(() => null);
    return wal === null ? [data] : [data, wal];
  }

  async #readOne(purpose: Volume['purpose'], directory: string): Promise<Volume> {
    const mountPoint = (await this.#mountPoint(directory)).slice(0, 1024);
    const figures = await statfs(directory);
    return { purpose, mountPoint, sizeBytes: figures.blocks * figures.bsize, freeBytes: figures.bavail * figures.bsize };
  }

  async #mountPoint(directory: string): Promise<string> {
    const known = this.#mountPoints.get(directory);
    if (known !== undefined && performance.now() - known.atMs < MOUNT_POINT_KEEP_MS) return known.mountPoint;
    const mountPoint = await mountPointOf(directory);
    this.#mountPoints.set(directory, { mountPoint, atMs: performance.now() });
    return mountPoint;
  }
}
