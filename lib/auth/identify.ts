/** From what a request carries (a session id, a bearer token) to the Actor it speaks for. Asked of the database every time. */
import { createHash } from 'node:crypto';
import { rolesHeld } from '../domain/policy/held.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import { findApiTokenByHash, findSession, tokenScopes, touchSession } from '../db/accounts/accounts.ts';
import type { Queryable } from '../db/ground/web-database.ts';
import { TOUCH_INTERVAL_MS, whySessionEnded } from './session-limits.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const LONGEST_TOKEN_CHARACTERS = 512;

/** The user of a session that still counts; `null` otherwise. Who holds nothing is nobody. */
export async function identifySession(db: Queryable, sessionId: unknown, nowMs: number): Promise<Extract<Actor, { kind: 'user' }> | null> {
  if (typeof sessionId !== 'string' || !UUID.test(sessionId)) return null;
  const session = await findSession(db, sessionId);
  if (session === null || whySessionEnded(session, nowMs) !== null) return null;
  const scopes = rolesHeld(session);
  if (scopes.fleet === null && scopes.clusters.size === 0) return null;
  if (nowMs - session.lastSeenAt.getTime() > TOUCH_INTERVAL_MS) await touchSession(db, sessionId, new Date(nowMs));
  const { userId, email, createdAt: authenticatedAt } = session;
  return { kind: 'user', userId, email, scopes, sessionId, authenticatedAt };
}

/** The token of an `Authorization: Bearer …` header that still counts; `null` otherwise. It holds what was given to it and its maker holds now. */
export async function identifyBearer(
  db: Queryable,
  header: string | null,
  nowMs: number,
): Promise<Extract<Actor, { kind: 'apiToken' }> | null> {
  const secret = bearerSecret(header);
  if (secret === null) return null;
  const token = await findApiTokenByHash(db, hashApiToken(secret));
  if (token === null || token.revokedAt !== null) return null;
  if (token.expiresAt !== null && token.expiresAt.getTime() <= nowMs) return null;
  return { kind: 'apiToken', tokenId: token.id, name: token.name, scopes: tokenScopes(token) };
}

/** The token in the header; `null` when the header is absent, of another scheme, or longer than any token. */
export function bearerSecret(header: string | null): string | null {
  const match = /^Bearer +([\x21-\x7e]+) *$/i.exec(header ?? '');
  const secret = match?.[1];
  return secret !== undefined && secret.length <= LONGEST_TOKEN_CHARACTERS ? secret : null;
}

/** How a token is kept: SHA-256 in hex. Tokens are random, so no slow hash is needed. */
export function hashApiToken(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex');
}
