/** Where the command palette can go: every cluster and node by name. */
import type { Actor } from '../domain/policy/permissions.ts';
import { inertText } from '../domain/format/inert-text.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';
import { authorise } from './authorise.ts';
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
  authorise(actor, 'cluster.read');
  const clusters = await db.query<{ slug: string; name: string }>(
    'SELECT slug, name FROM cluster WHERE retired_at IS NULL ORDER BY name, slug LIMIT $1',
    [CLUSTERS_MAX],
  );
  const nodes = await db.query<{ slug: string; name: string; provider: string; region: string }>(
    `SELECT c.slug, n.name, n.provider, n.region FROM node n JOIN cluster c ON c.id = n.cluster_id
      WHERE n.retired_at IS NULL AND c.retired_at IS NULL ORDER BY n.name LIMIT $1`,
    [NODES_MAX],
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
