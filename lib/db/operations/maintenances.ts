/** Work that was announced on a node or a whole cluster. */
import type { ClusterSet } from '../../domain/policy/permissions.ts';
import { slugsOf } from '../fleet/cluster-filter.ts';
import type { Queryable } from '../ground/pool.ts';

export interface MaintenanceRow {
  id: number;
  slug: string;
  node: string | null;
  owner: string;
  reason: string;
  startsAt: Date;
  endsAt: Date;
}

/** Holds the cluster until the transaction ends, so that two announcements come one after the other. `null`: there is no such cluster. */
export async function lockCluster(client: Queryable, slug: string): Promise<{ id: number } | null> {
  // The web role may update a few columns only; FOR NO KEY UPDATE needs no more than that.
  const { rows } = await client.query<{ id: number }>('SELECT id FROM cluster WHERE slug = $1 AND retired_at IS NULL FOR NO KEY UPDATE', [
    slug,
  ]);
  return rows[0] ?? null;
}

/** In force at `at`, soonest end first. */
export async function listMaintenances(client: Queryable, clusters: ClusterSet, at: Date): Promise<MaintenanceRow[]> {
  const { rows } = await client.query<MaintenanceRow>(
    `SELECT m.id, c.slug, m.node_name AS node, m.owner, m.reason, m.starts_at AS "startsAt", m.ends_at AS "endsAt"
     FROM maintenance m JOIN cluster c ON c.id = m.cluster_id
     WHERE c.retired_at IS NULL AND ($1::text[] IS NULL OR c.slug = ANY ($1)) AND m.ended_at IS NULL AND m.ends_at > $2::timestamptz
     ORDER BY m.ends_at, m.id LIMIT 1000`,
    [slugsOf(clusters), at.toISOString()],
  );
  return rows;
}

export async function insertMaintenance(
  client: Queryable,
  maintenance: { clusterId: number; node: string | null; owner: string; reason: string; startsAt: Date; endsAt: Date },
): Promise<number> {
  const { rows } = await client.query<{ id: number }>(
    `INSERT INTO maintenance (cluster_id, node_name, owner, reason, starts_at, ends_at)
     VALUES ($1, $2, $3, $4, $5::timestamptz, $6::timestamptz) RETURNING id`,
    [
      ...[maintenance.clusterId, maintenance.node, maintenance.owner, maintenance.reason],
      ...[maintenance.startsAt.toISOString(), maintenance.endsAt.toISOString()],
    ],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('The maintenance was not stored.');
  return id;
}

/** Where the work is done. */
export type MaintenancePlace = Pick<MaintenanceRow, 'slug' | 'node'>;

/** `null`: there never was one of this id. */
export async function findMaintenance(client: Queryable, id: number): Promise<MaintenancePlace | null> {
  const { rows } = await client.query<MaintenancePlace>(
    'SELECT c.slug, m.node_name AS node FROM maintenance m JOIN cluster c ON c.id = m.cluster_id WHERE m.id = $1',
    [id],
  );
  return rows[0] ?? null;
}

/** Ends one before its time. @returns false when it does not count any more. */
export async function endMaintenance(client: Queryable, id: number, by: string, at: Date): Promise<boolean> {
  const { rows } = await client.query(
    `UPDATE maintenance SET ended_at = $2::timestamptz, ended_by = $3
     WHERE id = $1 AND ended_at IS NULL AND ends_at > $2::timestamptz RETURNING id`,
    [id, at.toISOString(), by],
  );
  return rows.length === 1;
}
