/** Reads the names of clusters and nodes, as far as somebody may read them. */
import type { ClusterSet } from '../../domain/policy/permissions.ts';
import type { Queryable } from '../ground/pool.ts';
import { slugsOf } from './cluster-filter.ts';
import { CLUSTERS_LISTED_MAX, CLUSTER_NODES_MAX, NODES_LISTED_MAX } from './limits.ts';

/** More than a fleet ever had, retired ones included. */
const CLUSTERS_EVER_MAX = 10_000;
const NODES_EVER_MAX = 50_000;

export interface ClusterName {
  slug: string;
  name: string;
}

/** Also of what was retired, in the order of registration. */
export async function listEveryName(client: Queryable, readable: ClusterSet): Promise<{ clusters: ClusterName[]; nodes: string[] }> {
  const clusters = await client.query<ClusterName>(
    'SELECT slug, name FROM cluster WHERE $1::text[] IS NULL OR slug = ANY ($1) ORDER BY id LIMIT $2',
    [slugsOf(readable), CLUSTERS_EVER_MAX],
  );
  const nodes = await client.query<{ name: string }>(
    `SELECT n.name FROM node n JOIN cluster c ON c.id = n.cluster_id WHERE $1::text[] IS NULL OR c.slug = ANY ($1)
      GROUP BY n.name ORDER BY min(n.id) LIMIT $2`,
    [slugsOf(readable), NODES_EVER_MAX],
  );
  return { clusters: clusters.rows, nodes: nodes.rows.map(({ name }) => name) };
}

/** Clusters that are not retired, by name. */
export async function listClusterNames(client: Queryable, readable: ClusterSet): Promise<ClusterName[]> {
  const { rows } = await client.query<ClusterName>(
    'SELECT slug, name FROM cluster WHERE retired_at IS NULL AND ($1::text[] IS NULL OR slug = ANY ($1)) ORDER BY name, slug LIMIT $2',
    [slugsOf(readable), CLUSTERS_LISTED_MAX],
  );
  return rows;
}

export interface NodePlace {
  /** Slug of its cluster. */
  slug: string;
  name: string;
  provider: string;
  region: string;
}

/** Nodes that are not retired, by name. */
export async function listNodePlaces(client: Queryable, readable: ClusterSet): Promise<NodePlace[]> {
  const { rows } = await client.query<NodePlace>(
    `SELECT c.slug, n.name, n.provider, n.region FROM node n JOIN cluster c ON c.id = n.cluster_id
      WHERE n.retired_at IS NULL AND c.retired_at IS NULL AND ($1::text[] IS NULL OR c.slug = ANY ($1)) ORDER BY n.name LIMIT $2`,
    [slugsOf(readable), NODES_LISTED_MAX],
  );
  return rows;
}

export interface RegisteredSite extends Omit<NodePlace, 'slug'> {
  zone: string;
  jurisdiction: string;
  enrolledAt: Date | null;
}

/** The nodes of a cluster that are not retired, by name. */
export async function listNodesOfCluster(client: Queryable, clusterId: number): Promise<RegisteredSite[]> {
  const { rows } = await client.query<RegisteredSite>(
    `SELECT name, provider, region, zone, jurisdiction, enrolled_at AS "enrolledAt" FROM node
      WHERE cluster_id = $1 AND retired_at IS NULL ORDER BY name LIMIT $2`,
    [clusterId, CLUSTER_NODES_MAX],
  );
  return rows;
}
