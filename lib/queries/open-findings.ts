/** How many findings are open on the clusters that somebody reads: the figure beside “Findings” in the header. */
import { authorisedClusters } from '../domain/policy/authorise.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import type { Severity } from '../domain/findings/model.ts';
import { isYoungerThan } from '../domain/time/age.ts';
import { VIEW_STALE_MS } from '../domain/topology/age.ts';
import { slugsOf } from '../db/fleet/cluster-filter.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';

export type OpenFindingCounts = Record<Severity, number>;

/** `null` while nobody evaluates: then neither a count nor its absence says anything about now. */
export async function countOpenFindings(actor: Actor, nowMs: number, db: Queryable = webDatabase()): Promise<OpenFindingCounts | null> {
  const readable = slugsOf(authorisedClusters(actor, 'cluster.read'));
  const { rows: looked } = await db.query<{ clusters: number; newest: Date | null }>(
    `SELECT count(*)::int AS clusters, max(l.computed_at) AS newest FROM cluster c LEFT JOIN cluster_latest l ON l.cluster_id = c.id
      WHERE c.retired_at IS NULL AND ($1::text[] IS NULL OR c.slug = ANY ($1))`,
    [readable],
  );
  const { clusters = 0, newest = null } = looked[0] ?? {};
  if (clusters > 0 && !isYoungerThan(newest?.getTime() ?? null, VIEW_STALE_MS, nowMs)) return null;
  const { rows } = await db.query<{ severity: Severity; count: number }>(
    `SELECT f.severity, count(*)::int AS count FROM finding f JOIN cluster c ON c.id = f.cluster_id
      WHERE f.resolved_at IS NULL AND c.retired_at IS NULL AND ($1::text[] IS NULL OR c.slug = ANY ($1)) GROUP BY f.severity`,
    [readable],
  );
  const counts: OpenFindingCounts = { critical: 0, warning: 0, info: 0 };
  for (const row of rows) if (Object.hasOwn(counts, row.severity)) counts[row.severity] = row.count;
  return counts;
}
