import { NotShown, SettingsTitle } from '@/components/settings/section.tsx';
import { RetentionScreen } from '@/components/settings/retention-screen.tsx';
import { metadataOf, viewerOrWhy } from '@/app/(console)/screen-of-page.ts';
import { orScreenError } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readOwnHealth } from '@/lib/queries/settings/own-health.ts';

export const metadata = metadataOf('retention');

export default async function RetentionPage() {
  const { actor, why } = await viewerOrWhy('retention');
  const health = why === null ? await orScreenError(() => readOwnHealth(actor, new Date())) : null;
  return (
    <>
      <SettingsTitle screen="retention" />
      {health === null ? <NotShown screen="retention" why={why ?? ''} /> : <RetentionScreen health={withInertText(health)} />}
    </>
  );
}
