/** The leadership record of a cluster, changed only by compare-and-swap on its term. */
import type { Queryable } from './pool.ts';

export interface LeadershipChange {
  clusterId: number;
  /** The term that the change is based on; `null` = there is no record yet. */
  expectedTerm: number | null;
  /** Greater than `expectedTerm`. */
  term: number;
  holder: string;
  timeline: number;
  sinceMs: number;
  source: 'first-seen' | 'outside-the-tool';
}

/** `false`: somebody else changed the leadership meanwhile, and nothing was written. */
export async function changeLeadership(client: Queryable, change: LeadershipChange): Promise<boolean> {
  if (change.term <= (change.expectedTerm ?? 0)) {
    throw new RangeError(`A term only grows: ${change.term} does not follow ${change.expectedTerm ?? 'nothing'}.`);
  }
  const values = [change.clusterId, change.term, change.holder, change.timeline, change.sinceMs, change.source];
  const { rowCount } =
    change.expectedTerm === null
      ? await client.query(
          `INSERT INTO leadership (cluster_id, term, holder, timeline, since, source)
           VALUES ($1, $2, $3, $4, to_timestamp($5::float8 / 1000), $6) ON CONFLICT (cluster_id) DO NOTHING`,
          values,
        )
      : await client.query(
          `UPDATE leadership SET term = $2, holder = $3, timeline = $4, since = to_timestamp($5::float8 / 1000), source = $6
           WHERE cluster_id = $1 AND term = $7`,
          [...values, change.expectedTerm],
        );
  return rowCount === 1;
}
