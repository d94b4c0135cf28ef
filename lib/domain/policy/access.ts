/** People, sessions and API tokens as the settings list them. Never a hash or a secret. */
import type { Role, Scopes } from './permissions.ts';

/** More than this are counted. */
const CLUSTERS_NAMED = 3;

export interface ListedPerson {
  email: string;
  name: string;
  role: string;
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
  permissions: string[];
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  counts: boolean;
}

/** What somebody holds, in words: “viewer, operator on payments and ledger”. */
export function rolesInWords({ fleet, clusters }: Scopes<Role>): string {
  const onClusters = [...Map.groupBy([...clusters], ([, role]) => role)].map(([role, held]) => {
    const names = held.map(([cluster]) => cluster).sort();
    return `${role} on ${names.length > CLUSTERS_NAMED ? `${names.length} clusters` : names.join(', ')}`;
  });
  return [...(fleet === null ? [] : [fleet]), ...onClusters.sort()].join('; ') || 'no role';
}
