import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { HiddenNamesProvider } from '@/components/hidden-names/hidden-names.tsx';
import { HIDDEN, HIDDEN_NAMES_COOKIE } from '@/components/hidden-names/hidden-names-cookie.ts';
import { LiveProvider } from '@/components/live/live-provider.tsx';
import { Header } from '@/components/shell/header.tsx';
import { THEME_COOKIE, parseTheme } from '@/components/shell/theme.ts';
import { UserMenu } from '@/components/shell/user-menu.tsx';
import { isDatabaseUnavailable, orScreenError, requireActor } from '@/lib/auth/session.ts';
import { rolesInWords } from '@/lib/domain/policy/access.ts';
import type { Actor } from '@/lib/domain/policy/permissions.ts';
import { listedFor } from '@/lib/domain/screens/screens.ts';
import { readNames } from '@/lib/queries/names.ts';
import { countOpenFindings } from '@/lib/queries/open-findings.ts';
import { signOut } from './actions.ts';

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const actor = await requireActor('cluster.read', 'anywhere');
  const kept = await cookies();
  const theme = parseTheme(kept.get(THEME_COOKIE)?.value);
  const hiddenNames = kept.get(HIDDEN_NAMES_COOKIE)?.value === HIDDEN ? await orScreenError(() => readNames(actor)) : null;
  return (
    <LiveProvider>
      <HiddenNamesProvider known={hiddenNames}>
        <Header openFindings={await openFindingsOrUnknown(actor)} listed={listedFor(actor)}>
          <UserMenu email={actor.email} roles={rolesInWords(actor.scopes)} theme={theme} signOut={signOut} />
        </Header>
        {children}
      </HiddenNamesProvider>
    </LiveProvider>
  );
}

/** The page below says what is wrong when the database is away; the header then only does not know. */
async function openFindingsOrUnknown(actor: Actor) {
  try {
    return await countOpenFindings(actor, Date.now());
  } catch (error) {
    if (isDatabaseUnavailable(error)) return null;
    throw error;
  }
}
