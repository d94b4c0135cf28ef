import { ClusterList } from '@/components/clusters/cluster-list.tsx';
import { EmptyFleet } from '@/components/clusters/empty-fleet.tsx';
import type { Actor } from '@/lib/domain/policy/permissions.ts';
import { inertText, withInertText } from '@/lib/domain/format/inert-text.ts';
import { summariseCluster } from '@/lib/domain/topology/summary.ts';
import { metadataOf, viewerOf } from '@/app/(console)/screen-of-page.ts';
import { orScreenError } from '@/lib/auth/session.ts';
import { readClusters } from '@/lib/queries/clusters.ts';

export const metadata = metadataOf('overview');

export default async function ClustersPage() {
  const actor = await viewerOf('overview');
  const { clusters, nowMs } = await orScreenError(() => clustersNow(actor));
  if (clusters.length === 0) return <EmptyFleet />;
  return (
    <ClusterList
      nowMs={nowMs}
      registered={clusters.map(({ slug, name, nodeCount }) => ({ slug, name: inertText(name), nodeCount }))}
      summaries={clusters.flatMap((cluster) => (cluster.view === null ? [] : [summariseCluster(withInertText(cluster.view), nowMs)]))}
    />
  );
}

/** The clusters and when they were read: the browser's ages begin there. */
async function clustersNow(actor: Actor) {
  return { clusters: await readClusters(actor), nowMs: Date.now() };
}
