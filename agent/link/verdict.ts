import { RefusedError } from './request.ts';

/**
 * What a failure of a batch means:
 * - `identity`: this agent is not accepted (locked, revoked): keep everything, try again seldom;
 * - `content`: this batch will never be accepted;
 * - `wait`: no answer, or one that time may change.
 */
export type Verdict = 'identity' | 'content' | 'wait';

const CONTENT_STATUSES = new Set([400, 409, 413, 422]);

export function verdictOn(error: unknown): Verdict {
  if (!(error instanceof RefusedError)) return 'wait';
  if (error.status === 401 || error.status === 403) return 'identity';
  return !error.problem.retryable && CONTENT_STATUSES.has(error.status) ? 'content' : 'wait';
}
