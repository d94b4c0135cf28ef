import { notFound } from 'next/navigation';
import { SlotsScreen } from '@/components/slots/slots-screen.tsx';
import { orScreenError, requireActor } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readSlots } from '@/lib/queries/slots.ts';
import { titleOfPage } from '../cluster-of-page.ts';

interface Props {
  params: Promise<{ slug: string }>;
}

export const generateMetadata = titleOfPage((name) => `Slots & disk of ${name}`);

export default async function SlotsPage({ params }: Props) {
  const actor = await requireActor('cluster.read', 'anywhere');
  const { slug } = await params;
  const answer = await orScreenError(() => readSlots(actor, slug));
  if (answer === null) notFound();
  return <SlotsScreen {...withInertText(answer)} />;
}
