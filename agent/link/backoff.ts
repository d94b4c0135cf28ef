const FIRST_MS = 250;
/** A controller that is back is noticed within this time. */
export const BACKOFF_MAX_MS = 5000;

/** For who is waited for, such as commands of an operation that another controller takes over. */
export const BACKOFF_SHORT_MAX_MS = 1000;

/** Time before the next attempt: doubling, at most `maxMs`, with jitter over its upper half, so that a fleet doesn't return at once. */
export function backoffMs(failures: number, random: number, maxMs = BACKOFF_MAX_MS): number {
  const ceiling = Math.min(maxMs, FIRST_MS * 2 ** Math.min(failures, 10));
  return ceiling * (0.5 + random / 2);
}
