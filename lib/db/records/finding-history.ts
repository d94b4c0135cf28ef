/** Reads resolved findings, grouped by their subject. */
import type { PastFinding } from '../../domain/findings/listing.ts';
import type { ClusterSet } from '../../domain/policy/permissions.ts';
import { slugsOf } from '../fleet/cluster-filter.ts';
import type { Queryable } from '../ground/pool.ts';

/** More kinds of trouble than this are not listed. */
export const PAST_FINDINGS_MAX = 500;

/** Findings of these clusters that were resolved after `after`, last resolved first. */
export async function loadPastFindings(client: Queryable, after: Date, clusters: ClusterSet): Promise<PastFinding[]> {
  const { rows } = await client.query<Omit<PastFinding, 'firstSince' | 'lastResolvedAt'> & { firstSince: Date; lastResolvedAt: Date }>(
    `SELECT c.slug AS cluster, c.name AS "clusterName", f.code, f.node_name AS "nodeName", f.subject,
            (array_agg(f.severity ORDER BY array_position(ARRAY['critical', 'warning', 'info'], f.severity)))[1] AS severity,
            (array_agg(f.summary ORDER BY f.resolved_at DESC))[1] AS summary,
            count(*)::int AS times, min(f.since) AS "firstSince", max(f.resolved_at) AS "lastResolvedAt",
            (array_agg(extract(epoch FROM f.resolved_at - f.since)::float8 * 1000 ORDER BY f.resolved_at DESC))[1] AS "lastDurationMs",
            max(extract(epoch FROM f.resolved_at - f.since)::float8 * 1000) AS "longestMs",
            sum(extract(epoch FROM f.resolved_at - f.since)::float8 * 1000) AS "totalMs"
     FROM finding f JOIN cluster c ON c.id = f.cluster_id
     WHERE f.resolved_at > $1 AND c.retired_at IS NULL AND ($2::text[] IS NULL OR c.slug = ANY ($2))
     GROUP BY c.slug, c.name, f.code, f.node_name, f.subject ORDER BY max(f.resolved_at) DESC LIMIT ${PAST_FINDINGS_MAX}`,
    [after, slugsOf(clusters)],
  );
  return rows.map((row) => ({ ...row, firstSince: row.firstSince.toISOString(), lastResolvedAt: row.lastResolvedAt.toISOString() }));
}
