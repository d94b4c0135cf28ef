import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { ClusterScreen } from '@/components/clusters/cluster-screen.tsx';
import { orScreenError, requireActor } from '@/lib/auth/session.ts';
import { readCluster } from '@/lib/queries/cluster.ts';

interface Props {
  params: Promise<{ slug: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const actor = await requireActor('cluster.read');
  const { slug } = await params;
  const cluster = await orScreenError(() => readCluster(actor, slug));
  return { title: cluster?.name ?? 'Not found' };
}

export default async function ClusterPage({ params }: Props) {
  const actor = await requireActor('cluster.read');
  const { slug } = await params;
  const cluster = await orScreenError(() => readCluster(actor, slug));
  if (cluster === null) notFound();
  return (
    <ClusterScreen
      slug={cluster.slug}
      name={cluster.name}
      nowMs={Date.now()}
      view={cluster.view}
      registered={cluster.registered.map(({ name, enrolledAt, site }) => ({ name, site, enrolled: enrolledAt !== null }))}
    />
  );
}
