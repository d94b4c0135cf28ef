import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { NodeScreen } from '@/components/nodes/node-screen.tsx';
import { orScreenError, requireActor } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readNodeStanding } from '@/lib/queries/operations/node-standing.ts';
import { readRunning } from '@/lib/queries/operations/running.ts';
import { clusterOfPage } from '../../cluster-of-page.ts';
import { nodeOfPage } from './node-of-page.ts';

interface Props {
  params: Promise<{ slug: string; node: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { slug, node } = await params;
  return { title: (await nodeOfPage(slug, node))?.name ?? 'Not found' };
}

export default async function NodePage({ params }: Props) {
  const { slug, node } = await params;
  const [cluster, details] = await Promise.all([clusterOfPage(slug), nodeOfPage(slug, node)]);
  if (cluster === null || details === null) notFound();
  const actor = await requireActor('cluster.read', 'anywhere');
  const [standing, running] = await orScreenError(() =>
    Promise.all([readNodeStanding(actor, cluster.slug, details.name), readRunning(actor, cluster.slug)]),
  );
  return (
    <NodeScreen
      slug={cluster.slug}
      view={cluster.view}
      details={details}
      standing={standing === null ? null : withInertText(standing)}
      running={withInertText(running)}
      nowMs={cluster.readAtMs}
    />
  );
}
