/** Connections through plain `pg`, for the hot paths. */
import pg from 'pg';

const CONNECT_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 30_000;
/** Nothing this code asks takes longer; a query that does is stuck, and is better ended than waited for. */
const STATEMENT_TIMEOUT_MS = 30_000;
/** A transaction left open by a bug must not hold back vacuum for ever. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;

/** A pool, or one client inside a transaction. */
export type Queryable = Pick<pg.ClientBase, 'query'>;

/** `bigint` columns (LSNs, sequences, byte counts) arrive as BigInt: as text or as doubles they would be compared wrongly. */
export const bigintTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 && format !== 'binary'
      ? (text: string) => BigInt(text)
      : pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser'],
};

export interface PoolOptions {
  max: number;
  applicationName: string;
  /** Waiting for an answer ends after this long, also when the server is frozen and can't end the query itself. Default: no limit here. */
  queryTimeoutMs?: number;
  /** Default 5 s. */
  connectTimeoutMs?: number;
  /** Told about connections that broke while idle; the pool replaces them. */
  onIdleError?: (error: Error) => void;
}

/** A pool whose every wait has a deadline. `bigint` columns arrive as BigInt. End it with `.end()`. */
export function createPool(url: string, options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
    ...(options.queryTimeoutMs === undefined ? {} : { query_timeout: options.queryTimeoutMs }),
    types: bigintTypes,
  });
  // Without a listener, a server restart would end the process.
  pool.on('error', (error) => options.onIdleError?.(error));
  return pool;
}

/** Runs `work` in one transaction: committed when it returns, rolled back when it throws. */
export async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // A connection that breaks between two queries emits here, and unheard it would end the process.
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.removeListener('error', onError);
    client.release(broken);
  }
}
