import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { LiveProvider } from '@/components/live/live-provider.tsx';
import { Header } from '@/components/shell/header.tsx';
import { THEME_COOKIE, parseTheme } from '@/components/shell/theme.ts';
import { UserMenu } from '@/components/shell/user-menu.tsx';
import { isDatabaseUnavailable, requireActor } from '@/lib/auth/session.ts';
import type { Actor } from '@/lib/domain/policy/permissions.ts';
import { countOpenFindings } from '@/lib/queries/open-findings.ts';
import { signOut } from './actions.ts';

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const actor = await requireActor('cluster.read');
  const theme = parseTheme((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <LiveProvider>
      <Header openFindings={await openFindingsOrUnknown(actor)}>
        <UserMenu email={actor.email} role={actor.role} theme={theme} signOut={signOut} />
      </Header>
      {children}
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
