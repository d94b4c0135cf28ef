/** Says how old something is, and never calls young what a clock dates in the future. */

/** By so much two clocks that are both right may differ: a moment ahead of now by less is now. */
export const AHEAD_TOLERANCE_MS = 2_000;

/**
 * Age of `at` (ISO instant or milliseconds since the epoch) at `nowMs`. `null` = unknown: no time, or one further ahead than clocks differ.
 */
export function ageMs(at: string | number | null, nowMs: number): number | null {
  if (at === null) return null;
  const elapsedMs = nowMs - (typeof at === 'string' ? Date.parse(at) : at);
  return elapsedMs >= -AHEAD_TOLERANCE_MS ? Math.max(0, elapsedMs) : null;
}

/** Known to be at most so old. What is dated in the future is not. */
export function isYoungerThan(at: string | number | null, maxMs: number, nowMs: number): boolean {
  const age = ageMs(at, nowMs);
  return age !== null && age <= maxMs;
}
