import { NotShown, SettingsTitle } from '@/components/settings/section.tsx';
import { TokensScreen } from '@/components/settings/tokens-screen.tsx';
import { metadataOf, viewerOrWhy } from '@/app/(console)/screen-of-page.ts';
import { orScreenError } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readApiTokens } from '@/lib/queries/settings/access.ts';
import { addApiToken, endApiToken } from '../actions.ts';

export const metadata = metadataOf('tokens');

export default async function TokensPage() {
  const { actor, why } = await viewerOrWhy('tokens');
  const tokens = why === null ? await orScreenError(() => readApiTokens(actor, new Date())) : null;
  return (
    <>
      <SettingsTitle screen="tokens" />
      {tokens === null ? (
        <NotShown screen="tokens" why={why ?? ''} />
      ) : (
        <TokensScreen tokens={withInertText(tokens)} actions={{ addToken: addApiToken, revokeToken: endApiToken, why }} />
      )}
    </>
  );
}
