/** Puts the parts of execution together, on a database pool of their own: nothing that is slow elsewhere holds up an operation. */
import type { Logger } from 'pino';
import { databaseLeadershipStore } from '../../lib/db/operations/leadership-store.ts';
import { createPool } from '../../lib/db/ground/pool.ts';
import type { LiveState } from '../collection/live-state.ts';
import type { FleetDirectory } from '../fleet-directory.ts';
import type { CommandMailbox } from '../gateway/command-mailbox.ts';
import type { CommandSigner } from '../pki/command-signer.ts';
import { Executor } from './executor.ts';
import { CommandStamps } from './command-stamps.ts';
import { Steward } from './steward.ts';
import { ViewSource } from './view-source.ts';

const POOL_CONNECTIONS_MAX = 6;
const QUERY_TIMEOUT_MS = 5_000;

export interface ExecutionOptions {
  databaseUrl: string;
  fleet: FleetDirectory;
  live: LiveState;
  mailbox: CommandMailbox;
  signer: CommandSigner;
  fenceCommand: string | null;
  /** Id of this controller. */
  controller: string;
  onMoved: (clusterId: number) => Promise<void>;
  log: Logger;
}

export interface Execution {
  executor: Executor;
  steward: Steward;
  /** A notice of COMMAND_CHANNEL. */
  commandNotice: (payload: string) => void;
  close(): Promise<void>;
}

export function openExecution(options: ExecutionOptions): Execution {
  const { databaseUrl, fleet, live, mailbox, signer, fenceCommand, controller, onMoved, log } = options;
  const pool = createPool(databaseUrl, {
    max: POOL_CONNECTIONS_MAX,
    applicationName: 'farshore execution',
    queryTimeoutMs: QUERY_TIMEOUT_MS,
    onIdleError: (error) => log.warn({ err: error }, 'a connection for operations broke'),
  });
  const leadership = databaseLeadershipStore(pool);
  const reportedOrder = (nodeId: number): number | null => live.node(nodeId).latest?.observation.authority?.commandOrder ?? null;
  const stamps = new CommandStamps(reportedOrder, log);
  const views = new ViewSource();
  const executor = new Executor({ pool, fleet, mailbox, signer, stamps, leadership, views, fenceCommand, controller, onMoved, log });
  const steward = new Steward({ pool, live, mailbox, signer, stamps, leadership, operations: executor, onMoved, log });
  return {
    executor,
    steward,
    commandNotice: (payload) => {
      const [kind, id = ''] = payload.split(':', 2);
      if (kind === 'node') mailbox.look(Number(id));
      else if (kind === 'done') {
        executor.commandDone(id);
        steward
          .commandDone(id)
          .catch((error: unknown) => log.error({ err: error, command: id }, 'how a fence ended could not be recorded'));
      }
    },
    async close() {
      await executor.lost();
      await pool.end();
    },
  };
}
