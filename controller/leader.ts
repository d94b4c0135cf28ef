/**
 * Elects one leading controller: it evaluates and maintains; the others only receive samples. Leadership is an advisory lock on its own
 * connection: when that is gone, so is the lock, and this process stops leading at once. Each leadership has a number from the database,
 * which tells its writes from late ones of an earlier leader.
 */
import pg from 'pg';
import type { Logger } from 'pino';
import { beginLeaderEpoch, proveConnection, tryLeaderLock } from '../lib/db/ground/leader-epoch.ts';
import { messageOf } from '../lib/runtime/error-message.ts';

const LEADER_LOCK_KEY = 72_707_390;
const TRY_EVERY_MS = 1_500;
/** The holder asks its connection for a sign of life this often, and believes it dead after the deadline. */
const PROVE_EVERY_MS = 1_500;
const PROVE_DEADLINE_MS = 3_000;
const CONNECT_TIMEOUT_MS = 3_000;
/** The server drops the session of a host that vanished within about 3 × 2 s, so that another may take over. */
const SESSION_OPTIONS = '-c tcp_keepalives_idle=3 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=2 -c idle_session_timeout=0';

export interface LeaderElection {
  isLeader(): boolean;
  /** Stops leading at once, because somebody else does. It is tried for again. */
  resign(reason: string): void;
  /** Gives the lock back, so that another takes over without waiting. */
  stop(): Promise<void>;
}

/**
 * Tries to lead until stopped. `onGained` and `onLost` are called in turn, never twice in a row; `onLost` is called synchronously when
 * the connection is lost, before anything else may run on the wrong assumption.
 */
export function runForLeader(
  databaseUrl: string,
  callbacks: { onGained: (epoch: number) => void; onLost: () => void },
  log: Logger,
): LeaderElection {
  let client: pg.Client | null = null;
  let leading = false;
  let stopped = false;
  let lastEpoch = 0;
  let timer: NodeJS.Timeout | null = null;

  const lose = (reason: string): void => {
    client?.removeAllListeners();
    client?.on('error', () => undefined);
    void client?.end().catch(() => undefined);
    client = null;
    if (!leading) return;
    leading = false;
    log.info({ reason }, 'no longer the leader');
    callbacks.onLost();
  };

  const attempt = async (): Promise<void> => {
    if (client === null) {
      const fresh = new pg.Client({
        connectionString: databaseUrl,
        application_name: 'farshore-leader',
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
        query_timeout: PROVE_DEADLINE_MS,
        keepAlive: true,
        options: SESSION_OPTIONS,
      });
      fresh.on('error', (error) => lose(error.message));
      fresh.on('end', () => lose('the connection ended'));
      client = fresh;
      await fresh.connect();
    }
    if (leading) {
      await proveConnection(client);
      return;
    }
    const locked = await tryLeaderLock(client, LEADER_LOCK_KEY);
    if (!locked || stopped) return;
    const held = client;
    lastEpoch = await beginLeaderEpoch(held, lastEpoch);
    // The connection, and the lock with it, may have gone meanwhile.
    if (stopped || client !== held) return;
    leading = true;
    log.info({ epoch: lastEpoch }, 'this controller leads');
    callbacks.onGained(lastEpoch);
  };

  const step = (): void => {
    attempt()
      .catch((error: unknown) => lose(messageOf(error)))
      .finally(() => {
        if (!stopped) timer = setTimeout(step, leading ? PROVE_EVERY_MS : TRY_EVERY_MS);
      });
  };
  step();

  return {
    isLeader: () => leading,
    resign: lose,
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      const held = client;
      lose('this controller stops');
      await held?.end().catch(() => undefined);
    },
  };
}
