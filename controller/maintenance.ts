/** Upkeep of the sample tables: partitions ahead of time by every controller, tiers and retention by the leader. */
import type pg from 'pg';
import type { Logger } from 'pino';
import type { RetentionConfig } from '../lib/config/controller.ts';
import { makePartitionsAhead } from '../lib/db/partitions.ts';
import { inTransaction } from '../lib/db/pool.ts';
import { repeat, type Periodic } from './periodic.ts';

const PARTITIONS_EVERY_MS = 5 * 60_000;

export interface MaintenanceOptions {
  pool: pg.Pool;
  retention: RetentionConfig;
  isLeader: () => boolean;
  log: Logger;
}

/** Runs until stopped. */
export function maintain({ pool, isLeader, log }: MaintenanceOptions): Periodic {
  const works = [
    repeat('partitions', PARTITIONS_EVERY_MS, log, async () => {
      if (isLeader()) await inTransaction(pool, (client) => makePartitionsAhead(client, Date.now()));
    }),
  ];
  return {
    async stop() {
      await Promise.all(works.map((work) => work.stop()));
    },
  };
}
