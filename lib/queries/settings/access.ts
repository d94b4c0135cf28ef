/** People, their sessions, and API tokens, for those who manage them. */
import { listApiTokens, listOpenSessions, listPeople } from '../../db/fleet/settings-lists.ts';
import { webDatabase } from '../../db/ground/web-database.ts';
import type { Queryable } from '../../db/ground/web-database.ts';
import { IDLE_LIMIT_MS } from '../../auth/session-limits.ts';
import { listedPermissions, rolesInWords } from '../../domain/policy/access.ts';
import { permissionsHeld, rolesHeld } from '../../domain/policy/held.ts';
import type { ListedApiToken, ListedPerson } from '../../domain/policy/access.ts';
import { authorise } from '../../domain/policy/authorise.ts';
import type { Actor } from '../../domain/policy/permissions.ts';

export async function readPeople(actor: Actor, at: Date, db: Queryable = webDatabase()): Promise<ListedPerson[]> {
  authorise(actor, 'user.manage', 'fleet');
  const people = await listPeople(db, at);
  const idleSince = new Date(at.getTime() - IDLE_LIMIT_MS);
  const sessions = Map.groupBy(await listOpenSessions(db, at, idleSince), ({ email }) => email);
  return people.map(({ email, name, role, clusterRoles, createdAt, disabledAt, lockedUntil, lastSeenAt }) => ({
    ...{
      email,
      name,
      role,
      roles: rolesInWords(rolesHeld({ role, clusterRoles })),
      createdAt: createdAt.toISOString(),
      disabledAt: disabledAt?.toISOString() ?? null,
    },
    lockedUntil: lockedUntil !== null && lockedUntil > at ? lockedUntil.toISOString() : null,
    lastSeenAt: lastSeenAt?.toISOString() ?? null,
    sessions: (sessions.get(email) ?? []).map((session) => ({
      ...{ id: session.id, createdAt: session.createdAt.toISOString(), lastSeenAt: session.lastSeenAt.toISOString() },
    })),
  }));
}

export async function readApiTokens(actor: Actor, at: Date, db: Queryable = webDatabase()): Promise<ListedApiToken[]> {
  authorise(actor, 'token.manage', 'fleet');
  return (await listApiTokens(db)).map(({ permissions, clusterPermissions, ...token }) => ({
    ...token,
    ...listedPermissions(permissionsHeld({ permissions, clusterPermissions })),
    createdAt: token.createdAt.toISOString(),
    expiresAt: token.expiresAt?.toISOString() ?? null,
    revokedAt: token.revokedAt?.toISOString() ?? null,
    counts: token.revokedAt === null && (token.expiresAt === null || token.expiresAt > at),
  }));
}
