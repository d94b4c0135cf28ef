/** Where the command palette can go: every cluster and node that somebody reads, by name. */
import { authorisedClusters } from '../domain/policy/authorise.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import { inertText } from '../domain/format/inert-text.ts';
import { slugsOf } from '../db/fleet/cluster-filter.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';
import { CLUSTERS_MAX } from './clusters.ts';

/** Nodes beyond this are found on their cluster's page. */
const NODES_MAX = 5_000;

export interface Places {
  clusters: { slug: string; name: string }[];
  /** `address`: the name as it stands in the page's address; `name` is safe to show. */
  nodes: { cluster: string; address: string; name: string; site: string }[];
}

/** Clusters and nodes that are not retired, by name. */
export async function readPlaces(actor: Actor, db: Queryable = webDatabase()): Promise<Places> {
  const readable = slugsOf(authorisedClusters(actor, 'cluster.read'));
  const clusters = await db.query<{ slug: string; name: string }>(
    'SELECT slug, name FROM cluster WHERE retired_at IS NULL AND ($1::text[] IS NULL OR slug = ANY ($1)) ORDER BY name, slug LIMIT $2',
    [readable, CLUSTERS_MAX],
  );
  const nodes = await db.query<{ slug: string; name: string; provider: string; region: string }>(
    `SELECT c.slug, n.name, n.provider, n.region FROM node n JOIN cluster c ON c.id = n.cluster_id
      WHERE n.retired_at IS NULL AND c.retired_at IS NULL AND ($1::text[] IS NULL OR c.slug = ANY ($1)) ORDER BY n.name LIMIT $2`,
    [readable, NODES_MAX],
  );
  return {
    clusters: clusters.rows.map(({ slug, name }) => ({ slug, name: inertText(name) })),
    nodes: nodes.rows.map((row) => ({
      cluster: row.slug,
      address: row.name,
      name: inertText(row.name),
      site: inertText(`${row.provider} ${row.region}`),
    })),
  };
}
