/** People, sessions and API tokens as the settings list them. Never a hash or a secret. */
import type { Permission, Role, Scopes } from './permissions.ts';

/** More than this are counted. */
const CLUSTERS_NAMED = 3;

export interface ListedPerson {
  email: string;
  name: string;
  /** On the whole fleet, or `none`. */
  role: string;
  /** All that they hold, in words. */
  roles: string;
  createdAt: string;
  disabledAt: string | null;
  lockedUntil: string | null;
  sessions: { id: string; createdAt: string; lastSeenAt: string }[];
  /** `null` = never signed in. */
  lastSeenAt: string | null;
}

export interface ListedApiToken {
  id: number;
  name: string;
  permissions: readonly string[];
  /** Where it holds them; `null` = on the whole fleet. */
  clusters: readonly string[] | null;
  /** As the audit log names people; `null` = not kept then. */
  createdBy: string | null;
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  counts: boolean;
}

/** “viewer, operator on payments and ledger”. */
export function rolesInWords({ fleet, clusters }: Scopes<Role>): string {
  const onClusters = [...Map.groupBy([...clusters], ([, role]) => role)].map(([role, held]) => {
    const names = held.map(([cluster]) => cluster).sort();
    return `${role} on ${names.length > CLUSTERS_NAMED ? `${names.length} clusters` : names.join(', ')}`;
  });
  return [...(fleet === null ? [] : [fleet]), ...onClusters.sort()].join('; ') || 'no role';
}

/** A token holds the same wherever it holds something. */
export function listedPermissions({ fleet, clusters }: Scopes<readonly Permission[]>): Pick<ListedApiToken, 'permissions' | 'clusters'> {
  if (fleet !== null && fleet.length > 0) return { permissions: fleet, clusters: null };
  return { permissions: [...new Set([...clusters.values()].flat())], clusters: [...clusters.keys()].sort() };
}
