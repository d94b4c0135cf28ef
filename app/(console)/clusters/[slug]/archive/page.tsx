import { notFound } from 'next/navigation';
import { ArchiveScreen } from '@/components/archive/archive-screen.tsx';
import { orScreenError } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readArchive } from '@/lib/queries/archive.ts';
import { metadataOfCluster, viewerOf } from '@/app/(console)/screen-of-page.ts';

interface Props {
  params: Promise<{ slug: string }>;
}

export const generateMetadata = metadataOfCluster('archive');

export default async function ArchivePage({ params }: Props) {
  const actor = await viewerOf('archive');
  const { slug } = await params;
  const answer = await orScreenError(() => readArchive(actor, slug));
  if (answer === null) notFound();
  return <ArchiveScreen {...withInertText(answer)} />;
}
