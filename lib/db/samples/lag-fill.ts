/**
 * Lag of stored samples. It needs the primary's position at the same moment, which may arrive later than the standby's own sample,
 * or hours later after a back-fill; so it is worked out here, from the rows of both, and never by the standby itself.
 */
import type { Queryable } from '../ground/pool.ts';

/** The primary's sample that a standby's is compared with may be this much older. */
const PRIMARY_AGE_MAX_SECONDS = 3;
/** How far back the last position that was replayed is looked for; a standby further behind has an unknown lag in seconds. */
const REPLAYED_SEARCH_MAX_SECONDS = 3_600;

export interface NodeBucket {
  nodeId: number;
  /** Start of the 10 s bucket, milliseconds since the epoch. */
  bucketAtMs: number;
}

/**
 * Milliseconds: age of the oldest position of the primary that the standby has not replayed, 0 when there is none. `OFFSET 0` keeps the
 * planner from turning a look-up by key into a scan of all samples of a node.
 */
const FILL_LAG = `
WITH fresh AS MATERIALIZED (
  SELECT DISTINCT n.cluster_id, date_bin('10 seconds', s.observed_at, timestamptz 'epoch') AS bucket_at
  FROM sample s JOIN node n ON n.id = s.node_id WHERE s.stored_xact >= $1 AND s.stored_xact < $2
), led AS MATERIALIZED (
  SELECT f.cluster_id, f.bucket_at, p.node_id AS primary_id FROM fresh f JOIN node n ON n.cluster_id = f.cluster_id
  CROSS JOIN LATERAL (
    SELECT p.node_id FROM sample p
    WHERE p.node_id = n.id AND p.observed_at >= f.bucket_at - make_interval(secs => ${PRIMARY_AGE_MAX_SECONDS})
      AND p.observed_at < f.bucket_at + interval '10 seconds' AND NOT p.in_recovery AND p.flush_lsn IS NOT NULL
    LIMIT 1) p
), compared AS MATERIALIZED (
  SELECT DISTINCT ON (s.node_id, s.observed_at) s.node_id, s.observed_at, s.receive_lsn, s.replay_lsn, l.primary_id, p.flush_lsn
  FROM led l JOIN node n ON n.cluster_id = l.cluster_id AND n.id <> l.primary_id
  CROSS JOIN LATERAL (
    SELECT s.node_id, s.observed_at, s.receive_lsn, s.replay_lsn FROM sample s
    WHERE s.node_id = n.id AND s.observed_at >= l.bucket_at AND s.observed_at < l.bucket_at + interval '10 seconds'
      AND s.in_recovery AND s.transport_lag_bytes IS NULL AND s.replay_lsn IS NOT NULL
    OFFSET 0) s
  CROSS JOIN LATERAL (
    SELECT p.flush_lsn, p.observed_at FROM sample p
    WHERE p.node_id = l.primary_id AND p.observed_at <= s.observed_at
      AND p.observed_at >= s.observed_at - make_interval(secs => ${PRIMARY_AGE_MAX_SECONDS}) AND NOT p.in_recovery AND p.flush_lsn IS NOT NULL
    ORDER BY p.observed_at DESC LIMIT 1) p
  ORDER BY s.node_id, s.observed_at, p.observed_at DESC
), computed AS MATERIALIZED (
  SELECT c.node_id, c.observed_at,
    greatest(c.flush_lsn - greatest(c.receive_lsn, c.replay_lsn), 0) AS transport_lag_bytes,
    greatest(c.receive_lsn - c.replay_lsn, 0) AS apply_lag_bytes,
    CASE WHEN replayed.observed_at IS NOT NULL THEN
      coalesce((extract(epoch FROM c.observed_at - missing.observed_at) * 1000)::int4, 0) END AS lag_ms
  FROM compared c
  LEFT JOIN LATERAL (
    SELECT q.observed_at FROM sample q
    WHERE q.node_id = c.primary_id AND q.observed_at <= c.observed_at
      AND q.observed_at > c.observed_at - make_interval(secs => ${REPLAYED_SEARCH_MAX_SECONDS}) AND q.flush_lsn <= c.replay_lsn
    ORDER BY q.observed_at DESC LIMIT 1) replayed ON true
  LEFT JOIN LATERAL (
    SELECT m.observed_at FROM sample m
    WHERE m.node_id = c.primary_id AND m.observed_at > replayed.observed_at AND m.observed_at <= c.observed_at AND m.flush_lsn > c.replay_lsn
    ORDER BY m.observed_at LIMIT 1) missing ON true
)
UPDATE sample s SET transport_lag_bytes = c.transport_lag_bytes, apply_lag_bytes = c.apply_lag_bytes, lag_ms = c.lag_ms
FROM computed c WHERE s.node_id = c.node_id AND s.observed_at = c.observed_at
RETURNING s.node_id, (extract(epoch FROM date_bin('10 seconds', s.observed_at, timestamptz 'epoch')) * 1000)::float8 AS bucket_at_ms`;

/**
 * Fills the lag of standbys in every 10 s bucket of a cluster that got samples by transactions from `fromXact` (included) to
 * `toXact` (not included). Rows that have their lag are left alone. @returns the buckets that changed.
 */
export async function fillLag(client: Queryable, fromXact: bigint, toXact: bigint): Promise<NodeBucket[]> {
  const { rows } = await client.query<{ node_id: number; bucket_at_ms: number }>({
    name: 'fill-lag',
    text: FILL_LAG,
    values: [fromXact.toString(), toXact.toString()],
  });
  return rows.map((row) => ({ nodeId: row.node_id, bucketAtMs: row.bucket_at_ms }));
}
