/** One cluster: what the cluster page and `GET /api/v1/clusters/:slug/topology` show. */
import { authorise } from '../domain/policy/authorise.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import type { ClusterView, Site } from '../domain/topology/model.ts';
import { canBeName } from '../domain/topology/slug.ts';
import { listNodesOfCluster } from '../db/fleet/names.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';
import { findClusterView } from '../db/samples/cluster-latest.ts';
import { completeView } from './stored-view.ts';

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
  const cluster = canBeName(slug) ? await findClusterView(db, slug) : null;
  if (cluster === null) return null;
  const nodes = await listNodesOfCluster(db, cluster.id);
  return {
    slug: cluster.slug,
    name: cluster.name,
    view: completeView(cluster.view),
    registered: nodes.map(({ name, enrolledAt, ...site }) => ({ name, enrolledAt, site })),
  };
}
