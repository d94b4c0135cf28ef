'use client';
import { useState } from 'react';
import type { ListedPerson } from '../../lib/domain/policy/access.ts';
import { ROLES } from '../../lib/domain/policy/permissions.ts';
import type { Role } from '../../lib/domain/policy/permissions.ts';
import type { Action } from '../forms/action-answer.ts';
import { ConfirmedAction } from '../forms/confirm.tsx';
import { Instant } from '../status/instant.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { ACTIONS_COLUMN, TableHead } from '../help/table-head.tsx';
import { ACCESS_HELP } from '../help/texts-settings.ts';
import { Cell, Table } from '../ui/table.tsx';
import { FormDialog, textOf } from './form-dialog.tsx';
import { SecretOnce } from './secret-once.tsx';
import { ScopeField, clustersOf } from './scope-field.tsx';
import { Section } from './section.tsx';

const ROLE_ABOUT: Record<Role, string> = {
  viewer: 'sees everything, changes nothing',
  auditor: 'sees everything, and the audit log',
  operator: 'acknowledges findings and operates clusters',
  approver: 'approves what operators request',
  admin: 'manages clusters, nodes, users and tokens',
};
const ROLE_CHOICES = ROLES.map((role) => ({ value: role, label: `${role}: ${ROLE_ABOUT[role]}` }));
const NO_ROLE = { value: 'none', label: 'none: removes the role' };
const WIDE = 'max-md:hidden';
const SESSION_COLUMNS = [{ label: 'Who' }, { label: 'Signed in', className: WIDE }, { label: 'Last seen' }, ACTIONS_COLUMN];
const PEOPLE_COLUMNS = [
  { label: 'Who' },
  { label: 'Role', help: ACCESS_HELP.role },
  { label: 'Last seen', help: ACCESS_HELP.lastSeen, className: WIDE },
  { label: 'Signed in now', help: ACCESS_HELP.signedIn, className: WIDE },
  ACTIONS_COLUMN,
];

export interface UserActions {
  addUser: Action<{ email: string; name: string; role: Role; clusters: string[] | null }, { email: string; password: string }>;
  changeRole: Action<{ email: string; role: Role | 'none'; clusters: string[] | null }, unknown>;
  disableUser: Action<{ email: string }, unknown>;
  endSessions: Action<{ email: string } | { sessionId: string }, unknown>;
  /** Why the viewer may not; `null`: may. */
  why: string | null;
  ownEmail: string;
  ownSessionId: string;
}

/** Lists accounts, their roles and their open sessions. */
export function UsersScreen({ people, actions }: { people: readonly ListedPerson[]; actions: UserActions }) {
  const [withDisabled, setWithDisabled] = useState(false);
  const shown = people.filter(({ disabledAt }) => withDisabled || disabledAt === null);
  const disabled = people.length - people.filter(({ disabledAt }) => disabledAt === null).length;
  return (
    <>
      <Section
        title="Accounts"
        about="Accounts that may sign in with a password. A role change takes effect with the next request; disabling ends every session at once."
        action={
          <FormDialog
            button="Add user"
            kind="primary"
            title="Add a user"
            submit="Add user"
            why={actions.why}
            action={actions.addUser}
            read={(form) => ({
              email: textOf(form, 'email'),
              name: textOf(form, 'name'),
              role: textOf(form, 'role') as Role,
              clusters: clustersOf(form),
            })}
            result={({ email, password }) => (
              <SecretOnce label="Password" secret={password}>
                <p className="name">
                  The account <strong>{email}</strong> exists. Hand the password over on a safe way.
                </p>
              </SecretOnce>
            )}
          >
            <Field label="Email" name="email" type="email" required maxLength={254} autoComplete="off" autoFocus />
            <Field label="Name" name="name" required maxLength={100} autoComplete="off" />
            <Choice label="Role" name="role" defaultValue="viewer" choices={ROLE_CHOICES} />
            <ScopeField />
            <p className="text-xs text-muted">A password is made, and shown once.</p>
          </FormDialog>
        }
      >
        <Table label="Users">
          <TableHead columns={PEOPLE_COLUMNS} />
          <tbody>
            {shown.map((person) => (
              <PersonRow key={person.email} person={person} actions={actions} />
            ))}
          </tbody>
        </Table>
        {disabled === 0 ? null : (
          <div className="px-4 py-3">
            <Button size="small" kind="quiet" onClick={() => setWithDisabled(!withDisabled)}>
              {withDisabled ? 'Hide disabled accounts' : `Show ${disabled} disabled ${disabled === 1 ? 'account' : 'accounts'}`}
            </Button>
          </div>
        )}
      </Section>
      <Sessions people={people} actions={actions} />
    </>
  );
}

function PersonRow({ person, actions }: { person: ListedPerson; actions: UserActions }) {
  const { email, disabledAt } = person;
  return (
    <tr>
      <Cell>
        <span className="name block font-medium">{person.name}</span>
        <span className="name block text-xs text-muted">{email}</span>
        {disabledAt === null ? null : <Badge tone="unknown">disabled</Badge>}
        {person.lockedUntil === null ? null : (
          <span className="block text-xs text-warn">
            locked after wrong passwords until <Instant at={person.lockedUntil} />
          </span>
        )}
      </Cell>
      <Cell className="break-normal">{person.roles}</Cell>
      <Cell className={WIDE}>
        {person.lastSeenAt === null ? <span className="text-muted">never</span> : <Instant at={person.lastSeenAt} />}
      </Cell>
      <Cell className={WIDE}>{person.sessions.length === 0 ? <span className="text-muted">no</span> : `${person.sessions.length} ×`}</Cell>
      <Cell>
        {disabledAt === null ? (
          <span className="flex flex-wrap justify-end gap-2">
            <FormDialog
              button="Role…"
              accessibleLabel={`Change the role of ${email}`}
              title={`Role of ${person.name}`}
              submit="Change role"
              why={actions.why}
              action={actions.changeRole}
              read={(form) => ({ email, role: textOf(form, 'role') as Role | 'none', clusters: clustersOf(form) })}
            >
              <Choice label="Role" name="role" defaultValue={person.role} choices={[...ROLE_CHOICES, NO_ROLE]} />
              <ScopeField />
              <p className="text-xs text-muted">Roles that are held elsewhere stay.</p>
              {email === actions.ownEmail ? (
                <p className="text-[13px] text-warn">This is your own account: with another role you may not be able to change it back.</p>
              ) : null}
            </FormDialog>
            <ConfirmedAction
              label="Disable…"
              accessibleLabel={`Disable ${email}`}
              title={`Disable ${person.name}?`}
              warning={
                <p>
                  <strong>{email}</strong> is signed out everywhere at once and can’t sign in any more. What the account did stays in the
                  audit log. The address can’t be used for another account.
                </p>
              }
              confirm="Disable the account"
              why={actions.why ?? (email === actions.ownEmail ? 'This is your own account. Another administrator can disable it.' : null)}
              action={actions.disableUser}
              input={{ email }}
            />
          </span>
        ) : null}
      </Cell>
    </tr>
  );
}

function Sessions({ people, actions }: { people: readonly ListedPerson[]; actions: UserActions }) {
  const sessions = people
    .flatMap((person) => person.sessions.map((session) => ({ ...session, email: person.email })))
    .sort((a, b) => b.lastSeenAt.localeCompare(a.lastSeenAt));
  return (
    <Section title="Open sessions" about="Browsers that are signed in now. An ended session is refused with its next request.">
      <Table label="Open sessions">
        <TableHead columns={SESSION_COLUMNS} />
        <tbody>
          {sessions.map((session) => {
            const isOwn = session.id === actions.ownSessionId;
            return (
              <tr key={session.id}>
                <Cell>
                  <span className="name">{session.email}</span> {isOwn ? <Badge>this browser</Badge> : null}
                </Cell>
                <Cell className={WIDE}>
                  <Instant at={session.createdAt} />
                </Cell>
                <Cell>
                  <Instant at={session.lastSeenAt} />
                </Cell>
                <Cell className="text-right">
                  <ConfirmedAction
                    label="End…"
                    accessibleLabel={`End the session of ${session.email}`}
                    title="End this session?"
                    warning={
                      <p>
                        {isOwn
                          ? 'This is the browser you are using: you will have to sign in again.'
                          : `${session.email} has to sign in again in that browser.`}
                      </p>
                    }
                    confirm="End the session"
                    why={actions.why}
                    action={actions.endSessions}
                    input={{ sessionId: session.id }}
                  />
                </Cell>
              </tr>
            );
          })}
        </tbody>
      </Table>
    </Section>
  );
}
