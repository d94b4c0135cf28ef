import { NotShown } from '@/components/settings/section.tsx';
import { TokensScreen } from '@/components/settings/tokens-screen.tsx';
import { orScreenError, requireActor } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { whyDenied } from '@/lib/domain/policy/permissions.ts';
import { readApiTokens } from '@/lib/queries/settings/access.ts';
import { addApiToken, endApiToken } from '../actions.ts';

export const metadata = { title: 'API tokens · Settings' };

export default async function TokensPage() {
  const actor = await requireActor('cluster.read', 'anywhere');
  const why = whyDenied(actor, 'token.manage', 'fleet');
  const tokens = why === null ? await orScreenError(() => readApiTokens(actor, new Date())) : null;
  return (
    <>
      <h1 className="text-xl font-semibold tracking-tight">API tokens</h1>
      {tokens === null ? (
        <NotShown title="Tokens of machines" why={why ?? ''} />
      ) : (
        <TokensScreen tokens={withInertText(tokens)} actions={{ addToken: addApiToken, revokeToken: endApiToken, why }} />
      )}
    </>
  );
}
