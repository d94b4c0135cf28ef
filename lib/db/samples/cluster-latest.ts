/** The computed view of each cluster, as screens read it. */
import type { ClusterView } from '../../domain/topology/model.ts';
import { JSON_TEXTS, joinJson } from '../ground/json-batch.ts';
import type { Queryable } from '../ground/pool.ts';

export interface ClusterViewRow {
  clusterId: number;
  view: ClusterView;
}

/** Renews the views of many clusters in one statement, unless a newer one is there. Each cluster at most once. */
export async function storeClusterViews(client: Queryable, rows: readonly ClusterViewRow[]): Promise<void> {
  if (rows.length === 0) return;
  await client.query({
    name: 'store-cluster-views',
    text: `INSERT INTO cluster_latest AS l (cluster_id, computed_at, view)
      SELECT r.cluster_id, r.computed_at, r.view::jsonb
      FROM ROWS FROM (unnest($1::int4[], $2::timestamptz[]), ${JSON_TEXTS('$3')}) AS r(cluster_id, computed_at, view)
      ORDER BY r.cluster_id
      ON CONFLICT (cluster_id) DO UPDATE SET computed_at = excluded.computed_at, view = excluded.view
      WHERE l.computed_at <= excluded.computed_at`,
    values: [rows.map((row) => row.clusterId), rows.map((row) => row.view.computedAt), joinJson(rows.map((row) => row.view))],
  });
}

/** The stored views of clusters that are not retired. */
export async function loadClusterViews(client: Queryable): Promise<ClusterViewRow[]> {
  const { rows } = await client.query<{ cluster_id: number; view: ClusterView }>(
    'SELECT l.cluster_id, l.view FROM cluster_latest l JOIN cluster c ON c.id = l.cluster_id WHERE c.retired_at IS NULL',
  );
  return rows.map((row) => ({ clusterId: row.cluster_id, view: row.view }));
}
