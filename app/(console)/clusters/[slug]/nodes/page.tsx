import { notFound } from 'next/navigation';
import { NodesScreen } from '@/components/clusters/nodes-screen.tsx';
import { metadataOfCluster } from '@/app/(console)/screen-of-page.ts';
import { clusterOfPage } from '../cluster-of-page.ts';

interface Props {
  params: Promise<{ slug: string }>;
}

export const generateMetadata = metadataOfCluster('nodes');

export default async function NodesPage({ params }: Props) {
  const cluster = await clusterOfPage((await params).slug);
  if (cluster === null) notFound();
  return (
    <NodesScreen
      slug={cluster.slug}
      name={cluster.name}
      nowMs={cluster.readAtMs}
      view={cluster.view}
      registered={cluster.registered.map(({ name, enrolledAt, site }) => ({ name, site, enrolled: enrolledAt !== null }))}
    />
  );
}
