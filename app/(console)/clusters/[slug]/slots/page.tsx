import { notFound } from 'next/navigation';
import { SlotsScreen } from '@/components/slots/slots-screen.tsx';
import { orScreenError } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readSlots } from '@/lib/queries/slots.ts';
import { metadataOfCluster, viewerOf } from '@/app/(console)/screen-of-page.ts';

interface Props {
  params: Promise<{ slug: string }>;
}

export const generateMetadata = metadataOfCluster('slots');

export default async function SlotsPage({ params }: Props) {
  const actor = await viewerOf('slots');
  const { slug } = await params;
  const answer = await orScreenError(() => readSlots(actor, slug));
  if (answer === null) notFound();
  return <SlotsScreen {...withInertText(answer)} />;
}
