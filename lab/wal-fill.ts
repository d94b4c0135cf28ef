/** Writes real WAL at a steady high rate, as a runaway job would, until told to stop. */
import type { Client } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningNode } from './lab-node.ts';
import { freeBytes } from './volume.ts';

export interface FillOptions {
  /** Default 4 MiB/s. */
  bytesPerSecond?: number;
  /** Continues until the volume is full and PostgreSQL stops with a panic. */
  untilFull?: boolean;
}

const BYTES_PER_SECOND = 4 * 1024 * 1024;
const DURATION_MAX_MS = 15 * 60_000;
/** Left free, so that a fill does not kill the server by accident: room for the segments of one checkpoint. */
const FREE_BYTES_MIN = 96 * 1024 * 1024;
const MESSAGE_BYTES = 256 * 1024;
/** A random part is said again and again: incompressible enough to be real on the wire, cheap to make. */
const MESSAGE_SQL = `SELECT pg_logical_emit_message(false, 'farshore-lab-fill', repeat(md5(random()::text), $1))`;
const MD5_CHARACTERS = 32;

export class WalFill {
  readonly node: string;
  readonly bytesPerSecond: number;
  readonly finished: Promise<string>;
  writtenBytes = 0;
  #stopped = false;

  constructor(node: RunningNode, client: Client, options: FillOptions) {
    this.node = node.spec.name;
    this.bytesPerSecond = options.bytesPerSecond ?? BYTES_PER_SECOND;
    this.finished = this.#run(node, client, options.untilFull ?? false);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** @returns why it ended, as a sentence. */
  async #run(node: RunningNode, client: Client, untilFull: boolean): Promise<string> {
    const startedAt = performance.now();
    const walPath = `${node.paths.data}/pg_wal`;
    try {
      while (!this.#stopped) {
        const elapsedMs = performance.now() - startedAt;
        if (elapsedMs > DURATION_MAX_MS) return `ended after ${DURATION_MAX_MS / 60_000} minutes, its limit`;
        if (!untilFull && freeBytes(walPath) < FREE_BYTES_MIN)
          return `ended with ${FREE_BYTES_MIN / 1024 / 1024} MiB left free on the WAL volume`;
        const aheadMs = (this.writtenBytes / this.bytesPerSecond) * 1000 - elapsedMs;
        if (aheadMs > 0) await sleep(Math.min(aheadMs, 500));
        await client.query(MESSAGE_SQL, [MESSAGE_BYTES / MD5_CHARACTERS]);
        this.writtenBytes += MESSAGE_BYTES;
      }
      return 'was told to stop';
    } catch (error) {
      return `ended because PostgreSQL did: ${(error as Error).message}`;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
