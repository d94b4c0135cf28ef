const FIRST_MS = 250;
/** A controller that is back is noticed within this time. */
export const BACKOFF_MAX_MS = 5000;

/** Time before the next attempt: doubling, at most five seconds, with jitter over its upper half, so that a fleet doesn't return at once. */
export function backoffMs(failures: number, random: number): number {
  const ceiling = Math.min(BACKOFF_MAX_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return ceiling * (0.5 + random / 2);
}
