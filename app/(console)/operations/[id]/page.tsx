import type { Metadata } from 'next';
import { kindOf } from '@/lib/domain/operation/kinds/registry.ts';
import { notFound } from 'next/navigation';
import { RunScreen } from '@/components/operations/run-screen.tsx';
import { readCluster } from '@/lib/queries/cluster.ts';
import { orScreenError, requireActor } from '@/lib/auth/session.ts';
import { acknowledge, cancel, decide, release } from '../actions.ts';
import { operationOfPage } from '../operation-of-page.ts';

interface Props {
  params: Promise<{ id: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const view = await operationOfPage((await params).id);
  return { title: view === null ? 'Not found' : `${kindOf(view.kind).words.name} of ${view.cluster.name}` };
}

export default async function OperationPage({ params }: Props) {
  const view = await operationOfPage((await params).id);
  if (view === null) notFound();
  const actor = await requireActor('cluster.read', 'anywhere');
  // Sites are only for the drawing: a cluster that was retired since has none any more.
  const cluster = await orScreenError(() => readCluster(actor, view.cluster.slug));
  const sites = cluster?.registered.map(({ name, site }) => ({ name, site })) ?? [];
  return <RunScreen initial={view} sites={sites} decisions={{ decide, cancel, release, acknowledge }} />;
}
