/** Upkeep of the control database, done by the leader: partitions ahead of time, tiers, retention. */
import type { Logger } from 'pino';
import type { RetentionConfig } from '../lib/config/controller.ts';
import { pruneNodeEvents } from '../lib/db/fleet/node-event-log.ts';
import { makePartitionsAhead } from '../lib/db/ground/partitions.ts';
import { createPool, inTransaction } from '../lib/db/ground/pool.ts';
import { pruneRecords } from '../lib/db/ground/record-pruning.ts';
import { dropExpired } from '../lib/db/ground/retention.ts';
import { rollUp } from '../lib/db/samples/tiers.ts';
import { repeat, type Periodic } from './periodic.ts';

const PARTITIONS_EVERY_MS = 5 * 60_000;
const RETENTION_EVERY_MS = 5 * 60_000;
/** The finest tier has buckets of 10 s: more often would compute the same bucket again and again. */
const ROLL_UP_EVERY_MS = 10_000;
/** After an outage much is to be rolled up; between the runs of one round the next round's work still gets its turn. */
const ROLL_UPS_PER_ROUND_MAX = 30;
const POOL_CONNECTIONS_MAX = 3;
const PRUNING_EVERY_MS = 3_600_000;
/** Node events are kept for as long as the coarsest samples by default. */
const NODE_EVENTS_KEPT_MS = 730 * 24 * 3_600_000;

export interface MaintenanceOptions {
  databaseUrl: string;
  retention: RetentionConfig;
  isLeader: () => boolean;
  log: Logger;
}

/** Runs until stopped. On a pool of its own: its statements may take longer than anything that agents wait for. */
export function maintain({ databaseUrl, retention, isLeader, log }: MaintenanceOptions): Periodic {
  const pool = createPool(databaseUrl, {
    max: POOL_CONNECTIONS_MAX,
    applicationName: 'farshore maintenance',
    onIdleError: (error) => log.debug({ err: error }, 'a connection for maintenance broke'),
  });
  let stopped = false;
  const works = [
    repeat('partitions', PARTITIONS_EVERY_MS, log, async () => {
      if (isLeader()) await inTransaction(pool, (client) => makePartitionsAhead(client, Date.now()));
    }),
    repeat('roll-up', ROLL_UP_EVERY_MS, log, async () => {
      for (let run = 0; run < ROLL_UPS_PER_ROUND_MAX && isLeader() && !stopped; run += 1) {
        const { caughtUp } = await inTransaction(pool, (client) => rollUp(client, Date.now()));
        if (caughtUp) return;
      }
    }),
    repeat('retention', RETENTION_EVERY_MS, log, async () => {
      if (!isLeader()) return;
      const { dropped, held } = await dropExpired(pool, Date.now(), retention);
      if (dropped.length > 0) log.info({ dropped }, 'dropped partitions of samples and journals that are older than their retention');
      if (held.length > 0) log.warn({ held }, 'some expired partitions are in use; trying again');
    }),
    repeat('log of nodes', PRUNING_EVERY_MS, log, async () => {
      if (!isLeader()) return;
      const pruned = await pruneNodeEvents(pool, new Date(Date.now() - NODE_EVENTS_KEPT_MS));
      if (pruned > 0) log.info({ pruned }, 'deleted events of nodes that are older than two years');
    }),
    repeat('records of operations', PRUNING_EVERY_MS, log, async () => {
      if (!isLeader()) return;
      const { plans, commands } = await pruneRecords(pool, Date.now());
      if (plans + commands > 0)
        log.info({ plans, commands }, 'deleted old plans that nobody requested, and old commands of ended operations');
    }),
  ];
  return {
    async stop() {
      stopped = true;
      await Promise.all(works.map((work) => work.stop()));
      await pool.end();
    },
  };
}
