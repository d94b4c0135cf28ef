import { onFleet } from '../../lib/domain/policy/permissions.ts';
import type { Actor, Permission, Role } from '../../lib/domain/policy/permissions.ts';

type User = Extract<Actor, { kind: 'user' }>;
type ApiToken = Extract<Actor, { kind: 'apiToken' }>;

/** Somebody who is signed in, with a role on the whole fleet. */
export function aPerson(role: Role, different: Partial<User> = {}): User {
  return {
    ...{ kind: 'user', userId: 1, email: `${role}@farshore.test`, scopes: onFleet(role), sessionId: 'a-session' },
    authenticatedAt: new Date('2026-11-21T03:00:00Z'),
    ...different,
  };
}

/** Somebody with roles on single clusters and nothing on the fleet. */
export const aPersonOf = (clusters: Readonly<Record<string, Role>>, different: Partial<User> = {}): User =>
  aPerson('viewer', { email: 'scoped@farshore.test', scopes: { fleet: null, clusters: new Map(Object.entries(clusters)) }, ...different });

/** A token that holds these permissions on the whole fleet. */
export const aToken = (permissions: readonly Permission[], different: Partial<ApiToken> = {}): ApiToken => ({
  ...{ kind: 'apiToken', tokenId: 1, name: 'ci', scopes: onFleet(permissions) },
  ...different,
});
