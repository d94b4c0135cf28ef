import { notFound } from 'next/navigation';
import { ClusterOperations } from '@/components/operations/cluster-operations.tsx';
import { beginMaintenance, stopMaintenance } from '@/app/(console)/operations/actions.ts';
import { orScreenError } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { nameIn } from '@/lib/domain/operation/request-address.ts';
import type { Params } from '@/lib/domain/operation/request-address.ts';
import { whyDenied } from '@/lib/domain/policy/permissions.ts';
import { readMaintenances, readOperations } from '@/lib/queries/operations/list.ts';
import { readRunning } from '@/lib/queries/operations/running.ts';
import { metadataOfCluster, viewerOf } from '@/app/(console)/screen-of-page.ts';
import { clusterOfPage } from '../cluster-of-page.ts';

interface Props {
  params: Promise<{ slug: string }>;
  searchParams: Promise<Params>;
}

const LISTED = 20;

export const generateMetadata = metadataOfCluster('cluster-operations');

export default async function ClusterOperationsPage({ params, searchParams }: Props) {
  const cluster = await clusterOfPage((await params).slug);
  if (cluster === null) notFound();
  const actor = await viewerOf('cluster-operations');
  const [running, history, maintenances] = await orScreenError(() =>
    Promise.all([
      readRunning(actor, cluster.slug),
      readOperations(actor, { cluster: cluster.slug, limit: LISTED }),
      readMaintenances(actor, cluster.slug),
    ]),
  );
  const node = nameIn(await searchParams, 'node');
  return (
    <ClusterOperations
      slug={cluster.slug}
      name={cluster.name}
      view={cluster.view}
      registered={cluster.registered.map(({ name, site }) => ({ name, site }))}
      nowMs={cluster.readAtMs}
      running={withInertText(running)}
      history={withInertText(history)}
      maintenances={withInertText(maintenances)}
      node={node}
      actions={{ begin: beginMaintenance, end: stopMaintenance, why: whyDenied(actor, 'maintenance.manage', { cluster: cluster.slug }) }}
    />
  );
}
