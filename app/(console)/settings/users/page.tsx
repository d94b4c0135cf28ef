import { NotShown, SettingsTitle } from '@/components/settings/section.tsx';
import { UsersScreen } from '@/components/settings/users-screen.tsx';
import { metadataOf, viewerOrWhy } from '@/app/(console)/screen-of-page.ts';
import { orScreenError } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { readPeople } from '@/lib/queries/settings/access.ts';
import { addUser, changeRole, disableUser, endSessions } from '../actions.ts';

export const metadata = metadataOf('users');

export default async function UsersPage() {
  const { actor, why } = await viewerOrWhy('users');
  const people = why === null ? await orScreenError(() => readPeople(actor, new Date())) : null;
  return (
    <>
      <SettingsTitle screen="users" />
      {people === null ? (
        <NotShown screen="users" why={why ?? ''} />
      ) : (
        <UsersScreen
          people={withInertText(people)}
          actions={{
            ...{ addUser, changeRole, disableUser, endSessions },
            why,
            ownEmail: actor.email,
            ownSessionId: actor.sessionId,
          }}
        />
      )}
    </>
  );
}
