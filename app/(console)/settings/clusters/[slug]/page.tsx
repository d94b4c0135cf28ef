import Link from 'next/link';
import { notFound } from 'next/navigation';
import { Breadcrumb } from '@/components/shell/breadcrumb.tsx';
import { ClusterSettings } from '@/components/settings/cluster-screen.tsx';
import { orScreenError, requireActor } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { whyDenied } from '@/lib/domain/policy/permissions.ts';
import { addressOf, clusterAddress, screenOf } from '@/lib/domain/screens/screens.ts';
import { readRegistry } from '@/lib/queries/settings/registry.ts';
import { addNode, changePolicy, endCluster, retire } from '../../actions.ts';

export const metadata = { title: 'Cluster · Settings' };

export default async function OneClusterSettingsPage({ params }: { params: Promise<{ slug: string }> }) {
  const actor = await requireActor('cluster.read', 'anywhere');
  const { slug } = await params;
  const registry = withInertText(await orScreenError(() => readRegistry(actor, new Date())));
  const cluster = registry.clusters.find((candidate) => candidate.slug === slug);
  if (cluster === undefined) notFound();
  return (
    <>
      <div>
        <Breadcrumb current={false} crumbs={[{ href: addressOf('registered-clusters'), text: screenOf('registered-clusters').label }]} />
        <div className="flex flex-wrap items-baseline gap-x-4">
          <h1 className="name text-xl font-semibold tracking-tight">{cluster.name}</h1>
          <Link href={clusterAddress(slug)} className="text-[13px] text-accent hover:underline">
            Open its topology
          </Link>
        </div>
      </div>
      <ClusterSettings
        registry={registry}
        slug={slug}
        actions={{
          ...{ changePolicy, addNode, retire, endCluster },
          whyNotManage: whyDenied(actor, 'cluster.manage', { cluster: slug }),
          whyNotEnrol: whyDenied(actor, 'node.enrol', { cluster: slug }),
        }}
      />
    </>
  );
}
