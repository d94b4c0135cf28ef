import { NotShown } from '@/components/settings/section.tsx';
import { UsersScreen } from '@/components/settings/users-screen.tsx';
import { orScreenError, requireActor } from '@/lib/auth/session.ts';
import { withInertText } from '@/lib/domain/format/inert-text.ts';
import { whyDenied } from '@/lib/domain/policy/permissions.ts';
import { readPeople } from '@/lib/queries/settings/access.ts';
import { addUser, changeRole, disableUser, endSessions } from '../actions.ts';

export const metadata = { title: 'Users · Settings' };

export default async function UsersPage() {
  const actor = await requireActor('cluster.read', 'anywhere');
  const why = whyDenied(actor, 'user.manage', 'fleet');
  const people = why === null ? await orScreenError(() => readPeople(actor, new Date())) : null;
  return (
    <>
      <h1 className="text-xl font-semibold tracking-tight">Users</h1>
      {people === null ? (
        <NotShown title="Users and sessions" why={why ?? ''} />
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
