import { notFound } from 'next/navigation';
import { ClusterScreen } from '@/components/clusters/cluster-screen.tsx';
import { orScreenError } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readRunning } from '@/lib/queries/operations/running.ts';
import { metadataOfCluster, viewerOf } from '@/app/(console)/screen-of-page.ts';
import { clusterOfPage } from '../cluster-of-page.ts';

interface Props {
  params: Promise<{ slug: string }>;
}

export const generateMetadata = metadataOfCluster('topology');

export default async function ClusterPage({ params }: Props) {
  const cluster = await clusterOfPage((await params).slug);
  if (cluster === null) notFound();
  const actor = await viewerOf('topology');
  const running = await orScreenError(() => readRunning(actor, cluster.slug));
  return (
    <ClusterScreen
      slug={cluster.slug}
      name={cluster.name}
      nowMs={cluster.readAtMs}
      view={cluster.view}
      running={withInertText(running)}
      registered={cluster.registered.map(({ name, enrolledAt, site }) => ({ name, site, enrolled: enrolledAt !== null }))}
    />
  );
}
