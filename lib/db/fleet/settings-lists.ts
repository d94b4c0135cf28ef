/** Lists clusters, nodes, people and tokens for the settings screens. */
import type { ClusterPolicy } from '../../domain/policy/cluster-policy.ts';
import { readPolicy } from '../../domain/policy/cluster-policy.ts';
import type { ClusterSet } from '../../domain/policy/permissions.ts';
import type { Queryable } from '../ground/pool.ts';
import { slugsOf } from './cluster-filter.ts';
import { CLUSTERS_LISTED_MAX, NODES_LISTED_MAX } from './limits.ts';

const PEOPLE_MAX = 1_000;
const SESSIONS_MAX = 1_000;
const TOKENS_MAX = 500;

export interface ClusterSetting {
  slug: string;
  name: string;
  policy: ClusterPolicy;
  policyVersion: number;
  createdAt: Date;
  /** Recorded leader; `null`: nobody yet. */
  holder: string | null;
}

export interface NodeSetting {
  cluster: string;
  name: string;
  uuid: string;
  provider: string;
  region: string;
  zone: string;
  jurisdiction: string;
  createdAt: Date;
  enrolledAt: Date | null;
  lockReason: string | null;
  certificateNotAfter: Date | null;
  receivedAt: Date | null;
  agentVersion: string | null;
  serverState: string | null;
  serverMessage: string | null;
  /** `null` = there is no report. */
  readPostgres: boolean | null;
  tokenCreatedAt: Date | null;
  tokenExpiresAt: Date | null;
  tokenUsedAt: Date | null;
}

export async function listClusterSettings(client: Queryable, clusters: ClusterSet): Promise<ClusterSetting[]> {
  const { rows } = await client.query<ClusterSetting>(
    `SELECT c.slug, c.name, c.policy, c.policy_version AS "policyVersion",
            c.created_at AS "createdAt", l.holder
     FROM cluster c LEFT JOIN leadership l ON l.cluster_id = c.id WHERE c.retired_at IS NULL
       AND ($1::text[] IS NULL OR c.slug = ANY ($1)) ORDER BY c.name, c.slug LIMIT ${CLUSTERS_LISTED_MAX}`,
    [slugsOf(clusters)],
  );
  return rows.map((row) => ({ ...row, policy: readPolicy(row.policy) }));
}

/** Nodes of these clusters that are not retired; with `node`, those of this name. */
export async function listNodeSettings(client: Queryable, clusters: ClusterSet, node: string | null = null): Promise<NodeSetting[]> {
  const { rows } = await client.query<NodeSetting>(
    `SELECT c.slug AS cluster, n.name, n.uuid, n.provider, n.region, n.zone, n.jurisdiction, n.created_at AS "createdAt",
            n.enrolled_at AS "enrolledAt", CASE WHEN i.locked_at IS NULL THEN NULL ELSE coalesce(i.lock_reason, 'no reason was noted') END AS "lockReason",
            i.not_after AS "certificateNotAfter", l.received_at AS "receivedAt", l.agent_version AS "agentVersion",
            l.observation #>> '{server,state}' AS "serverState", l.observation #>> '{server,message}' AS "serverMessage",
            CASE WHEN l.node_id IS NULL THEN NULL ELSE coalesce(jsonb_typeof(l.observation -> 'postgres') = 'object', false) END AS "readPostgres",
            t.created_at AS "tokenCreatedAt", t.expires_at AS "tokenExpiresAt", t.used_at AS "tokenUsedAt"
     FROM node n JOIN cluster c ON c.id = n.cluster_id
     LEFT JOIN node_identity i ON i.node_id = n.id
     LEFT JOIN node_latest l ON l.node_id = n.id
     LEFT JOIN LATERAL (SELECT j.created_at, j.expires_at, j.used_at FROM join_token j WHERE j.node_id = n.id ORDER BY j.id DESC LIMIT 1) t ON true
     WHERE n.retired_at IS NULL AND c.retired_at IS NULL AND ($1::text[] IS NULL OR c.slug = ANY ($1)) AND ($2::text IS NULL OR n.name = $2)
     ORDER BY c.name, c.slug, n.name LIMIT ${NODES_LISTED_MAX}`,
    [slugsOf(clusters), node],
  );
  return rows;
}

export interface PersonSetting {
  email: string;
  name: string;
  role: string;
  clusterRoles: unknown;
  createdAt: Date;
  disabledAt: Date | null;
  lockedUntil: Date | null;
  openSessions: number;
  lastSeenAt: Date | null;
}

export async function listPeople(client: Queryable, at: Date): Promise<PersonSetting[]> {
  const { rows } = await client.query<PersonSetting>(
    `SELECT u.email, u.name, u.role, u.cluster_roles AS "clusterRoles", u.created_at AS "createdAt", u.disabled_at AS "disabledAt", u.locked_until AS "lockedUntil",
            s.open AS "openSessions", s.seen AS "lastSeenAt"
     FROM app_user u
     LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE revoked_at IS NULL AND expires_at > $1)::int AS open, max(last_seen_at) AS seen
                        FROM user_session WHERE user_id = u.id) s ON true
     ORDER BY u.disabled_at IS NOT NULL, u.email LIMIT ${PEOPLE_MAX}`,
    [at],
  );
  return rows;
}

export interface SessionSetting {
  id: string;
  email: string;
  createdAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
}

/** Sessions that are open, last used first. `idleSince`: those not used since then have expired. */
export async function listOpenSessions(client: Queryable, at: Date, idleSince: Date): Promise<SessionSetting[]> {
  const { rows } = await client.query<SessionSetting>(
    `SELECT s.id, u.email, s.created_at AS "createdAt", s.last_seen_at AS "lastSeenAt", s.expires_at AS "expiresAt"
     FROM user_session s JOIN app_user u ON u.id = s.user_id
     WHERE s.revoked_at IS NULL AND s.expires_at > $1 AND s.last_seen_at > $2 AND u.disabled_at IS NULL
     ORDER BY s.last_seen_at DESC LIMIT ${SESSIONS_MAX}`,
    [at, idleSince],
  );
  return rows;
}

export interface ApiTokenSetting {
  id: number;
  name: string;
  permissions: string[];
  clusterPermissions: unknown;
  createdBy: string | null;
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

export async function listApiTokens(client: Queryable): Promise<ApiTokenSetting[]> {
  const { rows } = await client.query<ApiTokenSetting>(
    `SELECT id, name, permissions, cluster_permissions AS "clusterPermissions", created_by AS "createdBy", created_at AS "createdAt", expires_at AS "expiresAt", revoked_at AS "revokedAt" FROM api_token
     ORDER BY revoked_at IS NOT NULL, created_at DESC LIMIT ${TOKENS_MAX}`,
  );
  return rows;
}
