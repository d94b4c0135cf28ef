/** How long each cluster was in which RPO state. Periods follow each other without a gap; time nobody observed is `unknown`. */
import type { Rpo } from '../../domain/topology/model.ts';
import type { Queryable } from '../ground/pool.ts';

export interface RpoSighting {
  clusterId: number;
  state: Rpo['state'];
  boundSeconds: number | null;
  reason: string;
  atMs: number;
}

/**
 * Continues with the open period of each cluster when the state is the same (keeping the largest bound), else ends it and begins the
 * next at that moment. Call it on a change, and now and then for the bound. Each cluster at most once a call.
 */
export async function recordRpo(client: Queryable, sightings: readonly RpoSighting[]): Promise<void> {
  if (sightings.length === 0) return;
  const given = `unnest($1::int4[], $2::text[], $3::float8[], $4::text[], $5::float8[]) AS r(cluster_id, state, bound, reason, at_ms)`;
  const values = [
    sightings.map((sighting) => sighting.clusterId),
    sightings.map((sighting) => sighting.state),
    sightings.map((sighting) => sighting.boundSeconds),
    sightings.map((sighting) => sighting.reason),
    sightings.map((sighting) => sighting.atMs),
  ];
  await client.query(
    `UPDATE rpo_period p SET
       ended_at = CASE WHEN p.state <> r.state THEN greatest(to_timestamp(r.at_ms / 1000.0), p.started_at) END,
       bound_seconds_max = CASE WHEN p.state = r.state THEN greatest(p.bound_seconds_max, r.bound) ELSE p.bound_seconds_max END
     FROM ${given} WHERE p.cluster_id = r.cluster_id AND p.ended_at IS NULL
       AND (p.state <> r.state OR coalesce(r.bound > coalesce(p.bound_seconds_max, -1), false))`,
    values,
  );
  await client.query(
    `INSERT INTO rpo_period (cluster_id, state, started_at, bound_seconds_max, reason)
     SELECT r.cluster_id, r.state, to_timestamp(r.at_ms / 1000.0), r.bound, r.reason FROM ${given}
     WHERE NOT EXISTS (SELECT FROM rpo_period p WHERE p.cluster_id = r.cluster_id AND p.ended_at IS NULL)
     ON CONFLICT DO NOTHING`,
    values,
  );
}

/** A view older than this when a controller begins to lead means that nobody evaluated meanwhile. */
const INTERRUPTION_MIN_SECONDS = 10;

/**
 * To be called by a controller that begins to lead: where the last view is old, the open period ends with that view, and what
 * follows until `at` was not observed. @returns how many clusters were interrupted.
 */
export async function recordInterruption(client: Queryable, at: Date): Promise<number> {
  const { rowCount } = await client.query(
    `WITH ended AS (
       UPDATE rpo_period p SET ended_at = greatest(l.computed_at, p.started_at) FROM cluster_latest l
       WHERE p.cluster_id = l.cluster_id AND p.ended_at IS NULL AND p.state <> 'unknown'
         AND l.computed_at < $1::timestamptz - make_interval(secs => ${INTERRUPTION_MIN_SECONDS})
       RETURNING p.cluster_id, p.ended_at)
     INSERT INTO rpo_period (cluster_id, state, started_at, ended_at, reason)
     SELECT cluster_id, 'unknown', ended_at, $1, 'Farshore was not observing.' FROM ended`,
    [at],
  );
  return rowCount ?? 0;
}
