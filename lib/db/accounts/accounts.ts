/** People who sign in, their sessions, and API tokens: what the web process reads and writes about who is asking. */
import { NO_ROLE, permissionsHeld, rolesHeld, withinMaker } from '../../domain/policy/held.ts';
import type { StoredRoles } from '../../domain/policy/held.ts';
import type { Queryable } from '../ground/web-database.ts';

export interface Account {
  id: number;
  email: string;
  name: string;
  role: string;
  passwordHash: string;
  disabledAt: Date | null;
  failedLogins: number;
  lockedUntil: Date | null;
}

const ACCOUNT_COLUMNS = `id, email, name, role, password_hash AS "passwordHash", disabled_at AS "disabledAt",
  failed_logins AS "failedLogins", locked_until AS "lockedUntil"`;

/** The account of an address (any case), or `null`. */
export async function findAccountByEmail(db: Queryable, email: string): Promise<Account | null> {
  const result = await db.query<Account>(`SELECT ${ACCOUNT_COLUMNS} FROM app_user WHERE lower(email) = lower($1)`, [email]);
  return result.rows[0] ?? null;
}

/** The same by id, held until the transaction ends, so that parallel attempts count one after another. */
export async function lockAccount(db: Queryable, userId: number): Promise<Account | null> {
  // The web role may update a few columns only; FOR NO KEY UPDATE needs no more than that.
  const result = await db.query<Account>(`SELECT ${ACCOUNT_COLUMNS} FROM app_user WHERE id = $1 FOR NO KEY UPDATE`, [userId]);
  return result.rows[0] ?? null;
}

/** Stores the count of failures in a row and until when the account pauses. */
export async function setSignInFailures(db: Queryable, userId: number, failures: number, lockedUntil: Date | null): Promise<void> {
  await db.query('UPDATE app_user SET failed_logins = $2, locked_until = $3 WHERE id = $1', [userId, failures, lockedUntil]);
}

export interface SessionRow {
  sessionId: string;
  userId: number;
  email: string;
  name: string;
  role: string;
  clusterRoles: unknown;
  createdAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
  revokedAt: Date | null;
  disabledAt: Date | null;
}

/** Opens a session and returns its id. */
export async function insertSession(db: Queryable, session: { userId: number; createdAt: Date; expiresAt: Date }): Promise<string> {
  const result = await db.query<{ id: string }>(
    `INSERT INTO user_session (id, user_id, created_at, last_seen_at, expires_at) VALUES (gen_random_uuid(), $1, $2, $2, $3) RETURNING id`,
    [session.userId, session.createdAt, session.expiresAt],
  );
  const id = result.rows[0]?.id;
  if (id === undefined) throw new Error('The session was not stored.');
  return id;
}

/** A session with its account, whatever its state; `null` when there is none of that id. */
export async function findSession(db: Queryable, sessionId: string): Promise<SessionRow | null> {
  const result = await db.query<SessionRow>(
    `SELECT s.id AS "sessionId", u.id AS "userId", u.email, u.name, u.role, u.cluster_roles AS "clusterRoles", s.created_at AS "createdAt", s.last_seen_at AS "lastSeenAt",
            s.expires_at AS "expiresAt", s.revoked_at AS "revokedAt", u.disabled_at AS "disabledAt"
       FROM user_session s JOIN app_user u ON u.id = s.user_id WHERE s.id = $1`,
    [sessionId],
  );
  return result.rows[0] ?? null;
}

/** Notes that a session is in use. */
export async function touchSession(db: Queryable, sessionId: string, at: Date): Promise<void> {
  await db.query('UPDATE user_session SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2', [sessionId, at]);
}

/** Ends a session; returns whether it was still open. */
export async function endSession(db: Queryable, sessionId: string, at: Date): Promise<boolean> {
  const result = await db.query('UPDATE user_session SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL', [sessionId, at]);
  return (result.rowCount ?? 0) > 0;
}

export interface ApiTokenRow {
  id: number;
  name: string;
  permissions: string[];
  clusterPermissions: unknown;
  expiresAt: Date | null;
  revokedAt: Date | null;
  /** `null`: made on the machine of the controller, or before makers were kept. */
  makerId: number | null;
  /** `null`: the maker holds nothing now, or no longer exists. */
  maker: StoredRoles | null;
}

/** A token with its maker, as columns of `api_token t`. */
export const TOKEN_COLUMNS = `t.id, t.name, t.permissions, t.cluster_permissions AS "clusterPermissions", t.expires_at AS "expiresAt",
  t.revoked_at AS "revokedAt", t.created_by_user_id AS "makerId",
  (SELECT jsonb_build_object('role', m.role, 'clusterRoles', m.cluster_roles) FROM app_user m
    WHERE m.id = t.created_by_user_id AND m.disabled_at IS NULL) AS maker`;

/** Never more than its maker holds now. */
export function tokenScopes(token: Pick<ApiTokenRow, 'permissions' | 'clusterPermissions' | 'makerId' | 'maker'>) {
  const given = permissionsHeld(token);
  if (token.makerId === null) return given;
  return withinMaker(given, rolesHeld(token.maker ?? { role: NO_ROLE, clusterRoles: {} }));
}

/** The token of a secret's SHA-256 (hex), whatever its state; `null` when there is none. */
export async function findApiTokenByHash(db: Queryable, secretHash: string): Promise<ApiTokenRow | null> {
  const result = await db.query<ApiTokenRow>(`SELECT ${TOKEN_COLUMNS} FROM api_token t WHERE t.secret_hash = $1`, [secretHash]);
  return result.rows[0] ?? null;
}
