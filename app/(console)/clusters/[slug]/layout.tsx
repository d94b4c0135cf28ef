import { notFound } from 'next/navigation';
import type { ReactNode } from 'react';
import { ClusterNav } from '@/components/clusters/cluster-nav.tsx';
import { clusterOfPage } from './cluster-of-page.ts';

/** Asked here, above the loading screen, so that a cluster that does not exist is answered with status 404 and not after it. */
export default async function ClusterLayout({ params, children }: { params: Promise<{ slug: string }>; children: ReactNode }) {
  const cluster = await clusterOfPage((await params).slug);
  if (cluster === null) notFound();
  return (
    <>
      <ClusterNav slug={cluster.slug} name={cluster.name} />
      {children}
    </>
  );
}
