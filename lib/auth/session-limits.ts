/** Decides when a session expires. Pure: the data layer passes the row and the time. */
import type { SessionRow } from '../db/accounts/accounts.ts';

const HOUR_MS = 3_600_000;
/** Without a request from this browser for so long. A page with live data sends requests: watching the fleet is use. */
export const IDLE_LIMIT_MS = HOUR_MS / 2;
/** `last_seen_at` is written at most this often, so that reading a page is not a write each time. */
export const TOUCH_INTERVAL_MS = 60_000;

/** Longest session in milliseconds: shorter for those who can change something. */
export function sessionLengthMs(role: string): number {
  return role === 'viewer' || role === 'auditor' ? 12 * HOUR_MS : 8 * HOUR_MS;
}

/** Why a session counts no more; `null` while it does. */
export function whySessionEnded(
  session: Pick<SessionRow, 'revokedAt' | 'disabledAt' | 'expiresAt' | 'lastSeenAt'>,
  nowMs: number,
): string | null {
  if (session.revokedAt !== null) return 'The session was ended.';
  if (session.disabledAt !== null) return 'The account is disabled.';
  if (session.expiresAt.getTime() <= nowMs) return 'The session reached its longest duration.';
  if (session.lastSeenAt.getTime() + IDLE_LIMIT_MS <= nowMs) return 'The session was unused for 30 minutes.';
  return null;
}
