import { RefusedError } from './request.ts';

/**
 * `identity`: this agent is not accepted: keep everything, retry seldom. `content`: this batch will never be accepted. `wait`: no answer,
 * or one that may change.
 */
export type Verdict = 'identity' | 'content' | 'wait';

const CONTENT_STATUSES = new Set([400, 413, 422]);
const IDENTITY_STATUSES = new Set([401, 403, 409]);

export function verdictOn(error: unknown): Verdict {
  if (!(error instanceof RefusedError)) return 'wait';
  if (IDENTITY_STATUSES.has(error.status)) return 'identity';
  return !error.problem.retryable && CONTENT_STATUSES.has(error.status) ? 'content' : 'wait';
}
