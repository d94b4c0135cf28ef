/** Counts leaderships: how often a controller won the leader lock. What a leader writes is ordered by it, not by a clock. */
import type { Queryable } from './pool.ts';

/** Another controller has begun to lead since: nothing that this one concludes counts any more. */
export class OutdatedLeader extends Error {
  override name = 'OutdatedLeader';
}

/**
 * Begins the next epoch. Only for who holds the leader lock, on the connection that holds it.
 * @param seen the highest epoch that this process has led under: a database from a backup must not give a number twice.
 */
export async function beginLeaderEpoch(client: Queryable, seen: number): Promise<number> {
  const { rows } = await client.query<{ epoch: string | bigint }>(
    `INSERT INTO leader_epoch AS e (id, epoch) VALUES (1, $1::int8 + 1)
     ON CONFLICT (id) DO UPDATE SET epoch = greatest(e.epoch, $1::int8) + 1 RETURNING epoch`,
    [seen],
  );
  return Number(rows[0]?.epoch);
}

/** The epoch of the last holder of the lock. */
export async function currentLeaderEpoch(client: Queryable): Promise<number> {
  const { rows } = await client.query<{ epoch: string | bigint }>('SELECT epoch FROM leader_epoch WHERE id = 1');
  return Number(rows[0]?.epoch ?? 0);
}

/** Takes the lock that one controller holds while it leads, for as long as this connection lives. @returns whether it is held now. */
export async function tryLeaderLock(client: Queryable, key: number): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [key]);
  return rows[0]?.locked === true;
}

/** Proves that the connection, and the lock with it, is still there. */
export async function proveConnection(client: Queryable): Promise<void> {
  await client.query('SELECT 1');
}
