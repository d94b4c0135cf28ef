/** The one connection pool of the web process, under its own narrow role, and what its errors mean. */
import type pg from 'pg';
import { readWebConfig } from '../../config/web.ts';
import { createPool } from './pool.ts';

export { inTransaction } from './pool.ts';
export type { Queryable } from './pool.ts';

const CONNECTIONS_MAX = 10;
const QUERY_TIMEOUT_MS = 5_000;
/** Next loads modules once for each bundle; the pool must be one for the process. */
const slot = Symbol.for('farshore.web.pool');
type Slots = Record<symbol, pg.Pool | undefined>;

/** The pool, made at first use. Throws with every problem of the configuration when it is wrong. */
export function webDatabase(): pg.Pool {
  const slots = globalThis as unknown as Slots;
  const existing = slots[slot];
  if (existing !== undefined) return existing;
  const pool = createPool(readWebConfig().databaseUrl, {
    max: CONNECTIONS_MAX,
    applicationName: 'farshore web',
    queryTimeoutMs: QUERY_TIMEOUT_MS,
    onIdleError: (error) => console.error(`[web] An idle database connection broke: ${error.message}. The next query opens another.`),
  });
  slots[slot] = pool;
  return pool;
}

const UNAVAILABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EPIPE',
  '53300',
  '55P03',
  '57014',
]);

/** True if the control database could not be queried, as opposed to an unwelcome answer. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && (UNAVAILABLE_CODES.has(code) || /^(08|57P)/.test(code))) return true;
  if (error instanceof AggregateError) return error.errors.some(isDatabaseUnavailable);
  return /connection terminated|timeout exceeded when trying to connect|query read timeout|connection timeout/i.test(error.message);
}
