/** What is hidden in pictures that leave the house. */
import type { KnownNames } from '../domain/format/hidden-names.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';
import { authorise } from './authorise.ts';

/** More than a fleet ever had. */
const CLUSTERS_MAX = 10_000;
const NODES_MAX = 50_000;

/** Also of what was retired: its operations and findings are shown still. In the order they came, so that numbers stay. */
export async function readNames(actor: Actor, db: Queryable = webDatabase()): Promise<KnownNames> {
  authorise(actor, 'cluster.read');
  const clusters = await db.query<{ slug: string; name: string }>('SELECT slug, name FROM cluster ORDER BY id LIMIT $1', [CLUSTERS_MAX]);
  const nodes = await db.query<{ name: string }>('SELECT name FROM node GROUP BY name ORDER BY min(id) LIMIT $1', [NODES_MAX]);
  return { clusters: clusters.rows, nodes: nodes.rows.map(({ name }) => name) };
}
