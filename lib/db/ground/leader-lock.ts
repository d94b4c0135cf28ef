/** Takes the lock that one controller holds while it leads. It lives as long as its connection. */
import type { Queryable } from './pool.ts';

/** @returns whether this connection holds it now. */
export async function tryLeaderLock(client: Queryable, key: number): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [key]);
  return rows[0]?.locked === true;
}

/** Proves that the connection, and the lock with it, is still there. */
export async function proveConnection(client: Queryable): Promise<void> {
  await client.query('SELECT 1');
}
