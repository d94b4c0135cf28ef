/** People and machines that may sign in, as an administrator manages them. Signing in itself is in `accounts.ts`. */
import type { Role } from '../../domain/policy/permissions.ts';
import type { NO_ROLE } from '../../domain/policy/held.ts';
import type { PrismaTransaction } from '../ground/prisma.ts';

/** Held until the end of a transaction that removes a role or disables an account. */
const ACCOUNTS_LOCK_ID = 72707374;

export interface NewUser {
  email: string;
  name: string;
  role: Role | typeof NO_ROLE;
  clusterRoles: Readonly<Record<string, Role>>;
  passwordHash: string;
}

/** @throws a unique violation (`isUniqueViolation`) when the address is taken. */
export async function insertUser(tx: PrismaTransaction, user: NewUser): Promise<{ id: number }> {
  return tx.user.create({ data: user, select: { id: true } });
}

/** Disables an account and ends its sessions. @returns how many sessions ended; `null`: there is no enabled account of that address. */
export async function disableUser(tx: PrismaTransaction, email: string, at: Date): Promise<number | null> {
  const { count } = await tx.user.updateMany({ where: { email, disabledAt: null }, data: { disabledAt: at } });
  return count === 0 ? null : revokeSessionsOf(tx, email, at);
}

/** Gives an account other roles; its sessions have them with their next request. */
export async function setUserRoles(tx: PrismaTransaction, email: string, roles: Pick<NewUser, 'role' | 'clusterRoles'>): Promise<void> {
  await tx.user.updateMany({ where: { email }, data: roles });
}

/**
 * Waits for its turn among those who take roles away, until the transaction ends. Take it before reading who holds what: two
 * administrators who demote each other at one moment would otherwise each count the other, and leave none.
 */
export async function lockAccounts(tx: PrismaTransaction): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${ACCOUNTS_LOCK_ID}::bigint)`;
}

/** How many enabled accounts hold a role. */
export async function countEnabled(tx: PrismaTransaction, role: Role): Promise<number> {
  return tx.user.count({ where: { role, disabledAt: null } });
}

export async function findUser(
  tx: PrismaTransaction,
  email: string,
): Promise<{ id: number; role: string; clusterRoles: unknown; disabledAt: Date | null } | null> {
  return tx.user.findUnique({ where: { email }, select: { id: true, role: true, clusterRoles: true, disabledAt: true } });
}

/** Ends all open sessions of an account. @returns how many. */
export async function revokeSessionsOf(tx: PrismaTransaction, email: string, at: Date): Promise<number> {
  const { count } = await tx.userSession.updateMany({ where: { user: { email }, revokedAt: null }, data: { revokedAt: at } });
  return count;
}

/** Ends one session. @returns whose it was; `null`: there is no open session of that id. */
export async function revokeSession(tx: PrismaTransaction, sessionId: string, at: Date): Promise<{ email: string } | null> {
  const { count } = await tx.userSession.updateMany({ where: { id: sessionId, revokedAt: null }, data: { revokedAt: at } });
  if (count === 0) return null;
  const session = await tx.userSession.findUnique({ where: { id: sessionId }, select: { user: { select: { email: true } } } });
  return session?.user ?? null;
}

export interface NewApiToken {
  name: string;
  secretHash: string;
  permissions: string[];
  clusterPermissions: Readonly<Record<string, string[]>>;
  createdBy: string;
  /** `null`: made on the machine of the controller. */
  createdByUserId: number | null;
  expiresAt: Date | null;
}

export async function insertApiToken(tx: PrismaTransaction, token: NewApiToken): Promise<{ id: number }> {
  return tx.apiToken.create({ data: token, select: { id: true } });
}

/** A name is used by one token that counts at most, so that the audit log says which. */
export async function apiTokenNameIsTaken(tx: PrismaTransaction, name: string, at: Date): Promise<boolean> {
  const found = await tx.apiToken.findFirst({
    where: { name, revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: at } }] },
    select: { id: true },
  });
  return found !== null;
}

/** A token that was not revoked. */
export async function findApiToken(
  tx: PrismaTransaction,
  id: number,
): Promise<{ name: string; permissions: string[]; clusterPermissions: unknown } | null> {
  return tx.apiToken.findFirst({ where: { id, revokedAt: null }, select: { name: true, permissions: true, clusterPermissions: true } });
}

/** Changes where a token holds its permissions. */
export async function setApiTokenScope(
  tx: PrismaTransaction,
  id: number,
  scope: Pick<NewApiToken, 'permissions' | 'clusterPermissions'>,
): Promise<void> {
  await tx.apiToken.updateMany({ where: { id }, data: scope });
}

/** Ends a token. @returns its name; `null`: there is no token of that id that is not revoked. */
export async function revokeApiTokenById(tx: PrismaTransaction, id: number, at: Date): Promise<string | null> {
  const { count } = await tx.apiToken.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: at } });
  if (count === 0) return null;
  return (await tx.apiToken.findUnique({ where: { id }, select: { name: true } }))?.name ?? null;
}

export interface ListedUser {
  email: string;
  name: string;
  role: string;
  clusterRoles: unknown;
  createdAt: Date;
  disabledAt: Date | null;
  lockedUntil: Date | null;
}

const USERS_LISTED_MAX = 1_000;

export async function listUsers(tx: PrismaTransaction): Promise<ListedUser[]> {
  return tx.user.findMany({
    select: { email: true, name: true, role: true, clusterRoles: true, createdAt: true, disabledAt: true, lockedUntil: true },
    orderBy: { email: 'asc' },
    take: USERS_LISTED_MAX,
  });
}
