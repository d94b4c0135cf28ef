/**
 * How long an account pauses after wrong passwords: nothing for the first nine, then a wait that doubles up to a limit. An
 * account is never locked for good, so that nobody can lock a colleague out for longer than the limit.
 */

export const FAILURES_BEFORE_PAUSE = 10;
export const FIRST_PAUSE_MS = 30_000;
export const LONGEST_PAUSE_MS = 15 * 60_000;

/** Pause in milliseconds after this many failures in a row; 0 = none. */
export function pauseAfterFailuresMs(failures: number): number {
  if (failures < FAILURES_BEFORE_PAUSE) return 0;
  const doublings = Math.min(failures - FAILURES_BEFORE_PAUSE, 20);
  return Math.min(FIRST_PAUSE_MS * 2 ** doublings, LONGEST_PAUSE_MS);
}
