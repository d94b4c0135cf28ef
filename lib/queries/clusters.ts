/** The clusters list: what the overview and `GET /api/v1/clusters` show. */
import { authorisedClusters } from '../domain/policy/authorise.ts';
import type { Actor, ClusterSet } from '../domain/policy/permissions.ts';
import type { ClusterView } from '../domain/topology/model.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';
import { listClustersWithViews, listViews } from '../db/samples/cluster-latest.ts';
import type { ClusterEntry } from '../db/samples/cluster-latest.ts';
import { completeView } from './stored-view.ts';

/** Every cluster of this actor that is not retired, by name. */
export async function readClusters(actor: Actor, db: Queryable = webDatabase()): Promise<ClusterEntry[]> {
  const clusters = await listClustersWithViews(db, authorisedClusters(actor, 'cluster.read'));
  return clusters.map((row) => ({ ...row, view: completeView(row.view) }));
}

/**
 * The views of these clusters; clusters without one are left out. For the live stream, which reads once what changed for everybody who
 * watches, and cuts it to what each of them may read.
 */
export async function readViews(clusters: ClusterSet, db: Queryable): Promise<ClusterView[]> {
  return (await listViews(db, clusters)).map((view) => completeView(view));
}
