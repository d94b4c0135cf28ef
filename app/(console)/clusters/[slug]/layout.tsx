import { notFound } from 'next/navigation';
import type { ReactNode } from 'react';
import { clusterOfPage } from './cluster-of-page.ts';

/** Asked here, above the loading screen, so that a cluster that does not exist is answered with status 404 and not after it. */
export default async function ClusterLayout({ params, children }: { params: Promise<{ slug: string }>; children: ReactNode }) {
  if ((await clusterOfPage((await params).slug)) === null) notFound();
  return children;
}
