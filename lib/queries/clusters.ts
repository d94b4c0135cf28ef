/** The clusters list: what the overview and `GET /api/v1/clusters` show. */
import { authorisedClusters } from '../domain/policy/authorise.ts';
import type { Actor, ClusterSet } from '../domain/policy/permissions.ts';
import type { ClusterView } from '../domain/topology/model.ts';
import { slugsOf } from '../db/fleet/cluster-filter.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';
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

/** Every cluster of this actor that is not retired, by name. */
export async function readClusters(actor: Actor, db: Queryable = webDatabase()): Promise<ClusterEntry[]> {
  const clusters = authorisedClusters(actor, 'cluster.read');
  const result = await db.query<ClusterEntry>(
    `SELECT c.slug, c.name, l.view,
            (SELECT count(*)::int FROM node n WHERE n.cluster_id = c.id AND n.retired_at IS NULL) AS "nodeCount"
       FROM cluster c LEFT JOIN cluster_latest l ON l.cluster_id = c.id
      WHERE c.retired_at IS NULL AND ($1::text[] IS NULL OR c.slug = ANY ($1)) ORDER BY c.name, c.slug LIMIT $2`,
    [slugsOf(clusters), CLUSTERS_MAX],
  );
  return result.rows.map((row) => ({ ...row, view: completeView(row.view) }));
}

/**
 * The views of these clusters; clusters without one are left out. For the live stream, which reads once what changed for everybody who
 * watches, and cuts it to what each of them may read.
 */
export async function readViews(clusters: ClusterSet, db: Queryable): Promise<ClusterView[]> {
  const result = await db.query<{ view: ClusterView }>(
    `SELECT l.view FROM cluster c JOIN cluster_latest l ON l.cluster_id = c.id
      WHERE c.retired_at IS NULL AND ($1::text[] IS NULL OR c.slug = ANY ($1)) LIMIT $2`,
    [slugsOf(clusters), CLUSTERS_MAX],
  );
  return result.rows.map((row) => completeView(row.view));
}
