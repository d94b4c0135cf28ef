import { AboutScreen } from '@/components/settings/about-screen.tsx';
import { NotShown, SettingsTitle } from '@/components/settings/section.tsx';
import { metadataOf, viewerOrWhy } from '@/app/(console)/screen-of-page.ts';
import { orScreenError } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readOwnHealth } from '@/lib/queries/settings/own-health.ts';

export const metadata = metadataOf('about');

export default async function AboutPage() {
  const { actor, why } = await viewerOrWhy('about');
  const health = why === null ? await orScreenError(() => readOwnHealth(actor, new Date())) : null;
  return (
    <>
      <SettingsTitle screen="about" />
      {health === null ? <NotShown screen="about" why={why ?? ''} /> : <AboutScreen health={withInertText(health)} />}
    </>
  );
}
