/** Sign-in by password and sign-out: lockout, equal answers for every refusal, a fresh session id each time, and the audit. */
import type pg from 'pg';
import { z } from 'zod';
import { appendAudit } from '../audit/append.ts';
import { endSession, findAccountByEmail, findSession, insertSession, lockAccount, setSignInFailures } from '../db/accounts/accounts.ts';
import type { Account } from '../db/accounts/accounts.ts';
import { inTransaction } from '../db/ground/web-database.ts';
import { pauseAfterFailuresMs } from './lockout.ts';
import { passwordFits } from './password.ts';
import { sessionLengthMs } from './session-limits.ts';

/** PostgreSQL stores no NUL, and no address holds control characters. */
const Email = z
  .string()
  .trim()
  .min(1)
  .max(254)
  .regex(/^[^\u0000-\u001f\u007f]+$/);
const Credentials = z.object({ email: Email, password: z.string().min(1).max(4096) });

export interface SignedIn {
  sessionId: string;
  userId: number;
  email: string;
  expiresAt: Date;
}

/**
 * Opens a session for a fitting email and password; `null` for every refusal, whatever its cause. Both are audited, in the
 * transaction that opens the session or counts the failure. Throws when the database can't be asked.
 */
export async function signInWithPassword(pool: pg.Pool, input: unknown, nowMs: number): Promise<SignedIn | null> {
  const parsed = Credentials.safeParse(input);
  if (!parsed.success) return null;
  const { email, password } = parsed.data;
  const account = await findAccountByEmail(pool, email);
  const fits = await passwordFits(account !== null && whyRefused(account, nowMs) === null ? account.passwordHash : null, password);
  return inTransaction(pool, async (client) => {
    const current = account === null ? null : await lockAccount(client, account.id);
    const refusal = current === null ? 'no such account' : whyRefused(current, nowMs);
    if (current === null || refusal !== null) {
      await auditRefusal(client, email, refusal ?? 'no such account', nowMs);
      return null;
    }
    if (!fits || current.passwordHash !== account?.passwordHash) {
      const failures = current.failedLogins + 1;
      const pauseMs = pauseAfterFailuresMs(failures);
      await setSignInFailures(client, current.id, failures, pauseMs > 0 ? new Date(nowMs + pauseMs) : null);
      await auditRefusal(client, email, 'wrong password', nowMs);
      return null;
    }
    return openSession(client, current, nowMs);
  });
}

/** Why an account may not sign in now, whatever the password; asked again under the row's lock. */
function whyRefused(account: Account, nowMs: number): string | null {
  if (account.disabledAt !== null) return 'account disabled';
  if (account.lockedUntil !== null && account.lockedUntil.getTime() > nowMs) return 'account paused after wrong passwords';
  return null;
}

async function openSession(client: pg.PoolClient, account: Account, nowMs: number): Promise<SignedIn> {
  await setSignInFailures(client, account.id, 0, null);
  const expiresAt = new Date(nowMs + sessionLengthMs(account.role));
  const sessionId = await insertSession(client, { userId: account.id, createdAt: new Date(nowMs), expiresAt });
  await appendAudit(client, {
    at: new Date(nowMs),
    actor: `user:${account.email}`,
    action: 'session.sign-in',
    subject: `session:${sessionId}`,
    outcome: 'done',
    body: { role: account.role, expiresAt: expiresAt.toISOString() },
  });
  return { sessionId, userId: account.id, email: account.email, expiresAt };
}

async function auditRefusal(client: pg.PoolClient, email: string, reason: string, nowMs: number): Promise<void> {
  await appendAudit(client, {
    at: new Date(nowMs),
    actor: 'anonymous',
    action: 'session.sign-in',
    subject: `user:${email}`,
    outcome: 'denied',
    body: { reason },
  });
}

/** Ends a session at once; says so in the audit when it was still open. */
export async function signOutSession(pool: pg.Pool, sessionId: string, nowMs: number): Promise<void> {
  await inTransaction(pool, async (client) => {
    const session = await findSession(client, sessionId);
    if (session === null || !(await endSession(client, sessionId, new Date(nowMs)))) return;
    await appendAudit(client, {
      at: new Date(nowMs),
      actor: `user:${session.email}`,
      action: 'session.sign-out',
      subject: `session:${sessionId}`,
      outcome: 'done',
      body: {},
    });
  });
}
