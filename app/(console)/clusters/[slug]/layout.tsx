import { notFound } from 'next/navigation';
import type { ReactNode } from 'react';
import { ClusterNav } from '@/components/clusters/cluster-nav.tsx';
import { clusterOfPage } from './cluster-of-page.ts';

/** Checked above the loading screen, so that a missing cluster is answered with status 404. */
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
