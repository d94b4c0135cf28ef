/** Reads a person's stored rights. What is not understood grants nothing. */
import { PERMISSIONS, ROLES, grants } from './permissions.ts';
import type { Permission, Role, Scopes } from './permissions.ts';

/** In the place of a role on the fleet: there is none. */
export const NO_ROLE = 'none';

export interface StoredRoles {
  /** On the whole fleet, or NO_ROLE. */
  role: string;
  /** By short name of the cluster. */
  clusterRoles: unknown;
}

export interface StoredPermissions {
  permissions: readonly string[];
  clusterPermissions: unknown;
}

export function rolesHeld({ role, clusterRoles }: StoredRoles): Scopes<Role> {
  return { fleet: isRole(role) ? role : null, clusters: entriesOf(clusterRoles, (held) => (isRole(held) ? held : null)) };
}

export function permissionsHeld({ permissions, clusterPermissions }: StoredPermissions): Scopes<readonly Permission[]> {
  return { fleet: known(permissions), clusters: entriesOf(clusterPermissions, known) };
}

/** A token never has more than its maker holds now, on the fleet and on each cluster. */
export function withinMaker(token: Scopes<readonly Permission[]>, maker: Scopes<Role>): Scopes<readonly Permission[]> {
  const shared = (held: readonly Permission[], roles: readonly (Role | null | undefined)[]) =>
    held.filter((permission) => roles.some((role) => role != null && grants(role, permission)));
  const onFleet = token.fleet ?? [];
  const clusters = new Set([...token.clusters.keys(), ...maker.clusters.keys()]);
  return {
    fleet: shared(onFleet, [maker.fleet]),
    clusters: new Map(
      [...clusters].map((cluster) => [
        cluster,
        shared([...new Set([...onFleet, ...(token.clusters.get(cluster) ?? [])])], [maker.fleet, maker.clusters.get(cluster)]),
      ]),
    ),
  };
}

export const isRole = (value: unknown): value is Role => (ROLES as readonly unknown[]).includes(value);
const isPermission = (value: unknown): value is Permission => (PERMISSIONS as readonly unknown[]).includes(value);
const known = (values: unknown): readonly Permission[] => (Array.isArray(values) ? values.filter(isPermission) : []);

function entriesOf<Held>(stored: unknown, read: (held: unknown) => Held | null): Map<string, Held> {
  const entries = typeof stored === 'object' && stored !== null ? Object.entries(stored) : [];
  return new Map(
    entries.flatMap(([cluster, held]) => {
      const value = read(held);
      return value === null ? [] : [[cluster, value] as const];
    }),
  );
}
