/** The computed view and boards of each cluster, as screens read them. */
import type { ArchiveBoard } from '../../domain/archive/board.ts';
import type { SlotBoard } from '../../domain/slots/board.ts';
import type { ClusterBoards } from '../../domain/topology/cluster-boards.ts';
import type { ClusterView } from '../../domain/topology/model.ts';
import type { ClusterSet } from '../../domain/policy/permissions.ts';
import { slugsOf } from '../fleet/cluster-filter.ts';
import { CLUSTERS_LISTED_MAX } from '../fleet/limits.ts';
import { JSON_TEXTS, joinJson } from '../ground/json-batch.ts';
import type { Queryable } from '../ground/pool.ts';

export interface ClusterViewRow {
  clusterId: number;
  view: ClusterView;
  /** `null`: the stored ones stay. */
  boards: ClusterBoards | null;
}

/** Which leadership of a controller computed a view, and its number within: what is greater is newer, and no clock has a say. */
export interface ViewOrder {
  leaderEpoch: number;
  counter: number;
}

/**
 * Renews the views of many clusters in one statement, unless a newer one is there. Each cluster at most once.
 * @returns ids of the clusters whose view was newer and stayed.
 */
export async function storeClusterViews(
  client: Queryable,
  rows: readonly ClusterViewRow[],
  { leaderEpoch, counter }: ViewOrder,
): Promise<number[]> {
  if (rows.length === 0) return [];
  const stored = await client.query<{ cluster_id: number }>({
    name: 'store-cluster-views',
    // A board that was not renewed is the JSON null.
    text: `INSERT INTO cluster_latest AS l (cluster_id, computed_at, view, slot_board, archive_board, leader_epoch, counter)
      SELECT r.cluster_id, r.computed_at, r.view::jsonb, nullif(r.slots::jsonb, 'null'), nullif(r.archive::jsonb, 'null'), $6::int8, $7::int8
      FROM ROWS FROM (unnest($1::int4[], $2::timestamptz[]), ${JSON_TEXTS('$3')}, ${JSON_TEXTS('$4')}, ${JSON_TEXTS('$5')})
        AS r(cluster_id, computed_at, view, slots, archive)
      ORDER BY r.cluster_id
      ON CONFLICT (cluster_id) DO UPDATE SET computed_at = excluded.computed_at, view = excluded.view,
        slot_board = coalesce(excluded.slot_board, l.slot_board), archive_board = coalesce(excluded.archive_board, l.archive_board),
        leader_epoch = excluded.leader_epoch, counter = excluded.counter
      WHERE (l.leader_epoch, l.counter) < (excluded.leader_epoch, excluded.counter) RETURNING cluster_id`,
    values: [
      rows.map((row) => row.clusterId),
      rows.map((row) => row.view.computedAt),
      joinJson(rows.map((row) => row.view)),
      joinJson(rows.map((row) => row.boards?.slots ?? null)),
      joinJson(rows.map((row) => row.boards?.archive ?? null)),
      leaderEpoch,
      counter,
    ],
  });
  const renewed = new Set(stored.rows.map(({ cluster_id: id }) => id));
  return rows.flatMap(({ clusterId }) => (renewed.has(clusterId) ? [] : [clusterId]));
}

/** The stored views of clusters that are not retired. */
export async function loadClusterViews(client: Queryable): Promise<{ clusterId: number; view: ClusterView }[]> {
  const { rows } = await client.query<{ cluster_id: number; view: ClusterView }>(
    'SELECT l.cluster_id, l.view FROM cluster_latest l JOIN cluster c ON c.id = l.cluster_id WHERE c.retired_at IS NULL',
  );
  return rows.map((row) => ({ clusterId: row.cluster_id, view: row.view }));
}

export interface ClusterBoardsRow {
  slug: string;
  name: string;
  /** When the view was computed; `null`: never. */
  evaluatedAt: string | null;
  slots: SlotBoard | null;
  archive: ArchiveBoard | null;
}

/** `null` when there is no such cluster. `board` alone is read. */
export async function findClusterBoards(client: Queryable, slug: string, board: 'slots' | 'archive'): Promise<ClusterBoardsRow | null> {
  const { rows } = await client.query<Omit<ClusterBoardsRow, 'evaluatedAt'> & { computedAt: Date | null }>(
    `SELECT c.slug, c.name, l.computed_at AS "computedAt",
            CASE WHEN $2 = 'slots' THEN l.slot_board END AS slots, CASE WHEN $2 = 'archive' THEN l.archive_board END AS archive
       FROM cluster c LEFT JOIN cluster_latest l ON l.cluster_id = c.id WHERE c.slug = $1 AND c.retired_at IS NULL`,
    [slug, board],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const { computedAt, ...rest } = row;
  return { ...rest, evaluatedAt: computedAt?.toISOString() ?? null };
}

export interface ClusterEntry {
  slug: string;
  name: string;
  /** Nodes that were registered, whether or not they ever reported. */
  nodeCount: number;
  /** `null` until the controller has computed it for the first time. */
  view: ClusterView | null;
}

/** Clusters that are not retired, by name, with their views as stored. */
export async function listClustersWithViews(client: Queryable, clusters: ClusterSet): Promise<ClusterEntry[]> {
  const { rows } = await client.query<ClusterEntry>(
    `SELECT c.slug, c.name, l.view,
            (SELECT count(*)::int FROM node n WHERE n.cluster_id = c.id AND n.retired_at IS NULL) AS "nodeCount"
       FROM cluster c LEFT JOIN cluster_latest l ON l.cluster_id = c.id
      WHERE c.retired_at IS NULL AND ($1::text[] IS NULL OR c.slug = ANY ($1)) ORDER BY c.name, c.slug LIMIT $2`,
    [slugsOf(clusters), CLUSTERS_LISTED_MAX],
  );
  return rows;
}

/** The views of these clusters as stored; clusters without one are left out. */
export async function listViews(client: Queryable, clusters: ClusterSet): Promise<ClusterView[]> {
  const { rows } = await client.query<{ view: ClusterView }>(
    `SELECT l.view FROM cluster c JOIN cluster_latest l ON l.cluster_id = c.id
      WHERE c.retired_at IS NULL AND ($1::text[] IS NULL OR c.slug = ANY ($1)) LIMIT $2`,
    [slugsOf(clusters), CLUSTERS_LISTED_MAX],
  );
  return rows.map(({ view }) => view);
}

/** A cluster that is not retired, with its view as stored. */
export async function findClusterView(
  client: Queryable,
  slug: string,
): Promise<{ id: number; slug: string; name: string; view: ClusterView | null } | null> {
  const { rows } = await client.query<{ id: number; slug: string; name: string; view: ClusterView | null }>(
    `SELECT c.id, c.slug, c.name, l.view FROM cluster c LEFT JOIN cluster_latest l ON l.cluster_id = c.id
      WHERE c.slug = $1 AND c.retired_at IS NULL`,
    [slug],
  );
  return rows[0] ?? null;
}

/** How many clusters there are, and when the youngest view of one was computed. */
export async function newestEvaluation(client: Queryable, clusters: ClusterSet): Promise<{ clusters: number; newest: Date | null }> {
  const { rows } = await client.query<{ clusters: number; newest: Date | null }>(
    `SELECT count(*)::int AS clusters, max(l.computed_at) AS newest FROM cluster c LEFT JOIN cluster_latest l ON l.cluster_id = c.id
      WHERE c.retired_at IS NULL AND ($1::text[] IS NULL OR c.slug = ANY ($1))`,
    [slugsOf(clusters)],
  );
  return rows[0] ?? { clusters: 0, newest: null };
}
