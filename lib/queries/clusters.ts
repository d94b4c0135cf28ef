/** The clusters list: what the overview and `GET /api/v1/clusters` show. */
import type { Actor } from '../domain/policy/permissions.ts';
import type { ClusterView } from '../domain/topology/model.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';
import { authorise } from './authorise.ts';
import { completeView } from './stored-view.ts';

/** More clusters than this are not shown on one page. */
export const CLUSTERS_MAX = 500;

export interface ClusterEntry {
  slug: string;
  name: string;
  /** Nodes that were registered, whether or not they ever reported. */
  nodeCount: number;
  /** `null` until the controller has computed it for the first time. */
  view: ClusterView | null;
}

/** Every cluster that is not retired, by name. */
export async function readClusters(actor: Actor, db: Queryable = webDatabase()): Promise<ClusterEntry[]> {
  authorise(actor, 'cluster.read');
  const result = await db.query<ClusterEntry>(
    `SELECT c.slug, c.name, l.view,
            (SELECT count(*)::int FROM node n WHERE n.cluster_id = c.id AND n.retired_at IS NULL) AS "nodeCount"
       FROM cluster c LEFT JOIN cluster_latest l ON l.cluster_id = c.id
      WHERE c.retired_at IS NULL ORDER BY c.name, c.slug LIMIT $1`,
    [CLUSTERS_MAX],
  );
  return result.rows.map((row) => ({ ...row, view: completeView(row.view) }));
}

/** The views of these clusters, or of all; clusters without one are left out. For the live stream, which sends what changed. */
export async function readViews(slugs: readonly string[] | null, db: Queryable): Promise<ClusterView[]> {
  const result = await db.query<{ view: ClusterView }>(
    `SELECT l.view FROM cluster c JOIN cluster_latest l ON l.cluster_id = c.id
      WHERE c.retired_at IS NULL AND ($1::text[] IS NULL OR c.slug = ANY ($1)) LIMIT $2`,
    [slugs, CLUSTERS_MAX],
  );
  return result.rows.map((row) => completeView(row.view));
}
