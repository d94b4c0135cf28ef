/** Where the command palette can go: every cluster and node that somebody reads, by name. */
import { authorisedClusters } from '../domain/policy/authorise.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import { inertText } from '../domain/format/inert-text.ts';
import { listClusterNames, listNodePlaces } from '../db/fleet/names.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';

export interface Places {
  clusters: { slug: string; name: string }[];
  /** `address`: the name as it stands in the page's address; `name` is safe to show. */
  nodes: { cluster: string; address: string; name: string; site: string }[];
}

/** Clusters and nodes that are not retired, by name. */
export async function readPlaces(actor: Actor, db: Queryable = webDatabase()): Promise<Places> {
  const readable = authorisedClusters(actor, 'cluster.read');
  const clusters = await listClusterNames(db, readable);
  const nodes = await listNodePlaces(db, readable);
  return {
    clusters: clusters.map(({ slug, name }) => ({ slug, name: inertText(name) })),
    nodes: nodes.map((row) => ({
      cluster: row.slug,
      address: row.name,
      name: inertText(row.name),
      site: inertText(`${row.provider} ${row.region}`),
    })),
  };
}
