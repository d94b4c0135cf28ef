/** One LISTEN connection that heals itself and says when it may have missed something. */
import pg from 'pg';

const CONNECT_TIMEOUT_MS = 5_000;
const RETRY_MIN_MS = 200;
const RETRY_MAX_MS = 5_000;
/** A connection whose peer vanished says nothing: it is asked, and given up when it does not answer. */
const PROBE_INTERVAL_MS = 10_000;
const PROBE_TIMEOUT_MS = 5_000;

/**
 * `message`: a NOTIFY arrived. `listening`: the connection is there, for the first time or again; whatever was notified in the
 * `awayMs` before is lost, so read the state again.
 */
export type Notice = { kind: 'message'; channel: string; payload: string } | { kind: 'listening'; awayMs: number };

export interface Listener {
  connected(): boolean;
  /** Ends the connection. No notice comes after it has resolved. */
  stop(): Promise<void>;
}

export interface ListenOptions {
  /** Told about each failed attempt and each lost connection. */
  onError?: (error: Error) => void;
  applicationName?: string;
}

/** Listens on `channels` (names from `channels.ts`) until stopped. Returns at once; the first `listening` notice tells when it works. */
export function listen(
  url: string,
  channels: readonly string[],
  onNotice: (notice: Notice) => void,
  options: ListenOptions = {},
): Listener {
  let stopped = false;
  let client: pg.Client | null = null;
  let connected = false;
  let awaySinceMs = performance.now();
  let retryMs = RETRY_MIN_MS;
  let retryTimer: NodeJS.Timeout | null = null;
  let probeTimer: NodeJS.Timeout | null = null;

  const lose = (lost: pg.Client, error: Error | null): void => {
    if (client !== lost) return;
    client = null;
    if (connected) awaySinceMs = performance.now();
    connected = false;
    if (probeTimer !== null) clearInterval(probeTimer);
    lost.end().catch(() => undefined);
    if (stopped) return;
    if (error !== null) options.onError?.(error);
    retryTimer = setTimeout(() => void connect(), retryMs * (0.5 + Math.random() / 2));
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
  };

  const connect = async (): Promise<void> => {
    const fresh = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: PROBE_TIMEOUT_MS,
      keepAlive: true,
      application_name: options.applicationName ?? 'farshore listen',
    });
    client = fresh;
    fresh.on('error', (error) => lose(fresh, error));
    fresh.on('end', () => lose(fresh, new Error('the server closed the connection')));
    fresh.on('notification', ({ channel, payload }) => {
      if (!stopped) onNotice({ kind: 'message', channel, payload: payload ?? '' });
    });
    try {
      await fresh.connect();
      for (const channel of channels) await fresh.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      lose(fresh, error instanceof Error ? error : new Error(String(error)));
      return;
    }
    if (stopped || client !== fresh) return;
    connected = true;
    retryMs = RETRY_MIN_MS;
    probeTimer = setInterval(() => {
      fresh.query('SELECT 1').catch((error: Error) => lose(fresh, error));
    }, PROBE_INTERVAL_MS);
    onNotice({ kind: 'listening', awayMs: performance.now() - awaySinceMs });
  };

  void connect();
  return {
    connected: () => connected,
    stop: async () => {
      stopped = true;
      connected = false;
      if (retryTimer !== null) clearTimeout(retryTimer);
      if (probeTimer !== null) clearInterval(probeTimer);
      await client?.end().catch(() => undefined);
    },
  };
}
