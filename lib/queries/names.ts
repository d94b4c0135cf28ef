/** What is hidden in pictures that leave the house. */
import type { KnownNames } from '../domain/format/hidden-names.ts';
import { authorisedClusters } from '../domain/policy/authorise.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import { slugsOf } from '../db/fleet/cluster-filter.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';

/** More than a fleet ever had. */
const CLUSTERS_MAX = 10_000;
const NODES_MAX = 50_000;

/** Also of what was retired: its operations and findings are shown still. In the order they came, so that numbers stay. */
export async function readNames(actor: Actor, db: Queryable = webDatabase()): Promise<KnownNames> {
  const readable = slugsOf(authorisedClusters(actor, 'cluster.read'));
  const clusters = await db.query<{ slug: string; name: string }>(
    'SELECT slug, name FROM cluster WHERE $1::text[] IS NULL OR slug = ANY ($1) ORDER BY id LIMIT $2',
    [readable, CLUSTERS_MAX],
  );
  const nodes = await db.query<{ name: string }>(
    `SELECT n.name FROM node n JOIN cluster c ON c.id = n.cluster_id WHERE $1::text[] IS NULL OR c.slug = ANY ($1)
      GROUP BY n.name ORDER BY min(n.id) LIMIT $2`,
    [readable, NODES_MAX],
  );
  return { clusters: clusters.rows, nodes: nodes.rows.map(({ name }) => name) };
}
