/** One cluster: what the cluster page and `GET /api/v1/clusters/:slug/topology` show. */
import { authorise } from '../domain/policy/authorise.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import type { ClusterView, Site } from '../domain/topology/model.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';
import { completeView } from './stored-view.ts';

const NODES_MAX = 500;
const LONGEST_SLUG_CHARACTERS = 63;

export interface RegisteredNode {
  name: string;
  site: Site;
  enrolledAt: Date | null;
}

export interface ClusterRead {
  slug: string;
  name: string;
  /** `null` until the controller has computed it for the first time. */
  view: ClusterView | null;
  registered: RegisteredNode[];
}

/** The cluster of a slug, or `null` when there is none for this actor (or it is retired). */
export async function readCluster(actor: Actor, slug: string, db: Queryable = webDatabase()): Promise<ClusterRead | null> {
  if (!authorise(actor, 'cluster.read', { cluster: slug })) return null;
  // PostgreSQL refuses the NUL character in text, and no slug is that long: such addresses name nothing.
  if (slug.length > LONGEST_SLUG_CHARACTERS || slug.includes('\0')) return null;
  const clusters = await db.query<{ id: number; slug: string; name: string; view: ClusterView | null }>(
    `SELECT c.id, c.slug, c.name, l.view FROM cluster c LEFT JOIN cluster_latest l ON l.cluster_id = c.id
      WHERE c.slug = $1 AND c.retired_at IS NULL`,
    [slug],
  );
  const cluster = clusters.rows[0];
  if (cluster === undefined) return null;
  const nodes = await db.query<Omit<RegisteredNode, 'site'> & Site>(
    `SELECT name, provider, region, zone, jurisdiction, enrolled_at AS "enrolledAt" FROM node
      WHERE cluster_id = $1 AND retired_at IS NULL ORDER BY name LIMIT $2`,
    [cluster.id, NODES_MAX],
  );
  return {
    slug: cluster.slug,
    name: cluster.name,
    view: completeView(cluster.view),
    registered: nodes.rows.map(({ name, enrolledAt, ...site }) => ({ name, enrolledAt, site })),
  };
}
