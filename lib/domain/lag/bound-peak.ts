/**
 * Holds the highest data-loss bound of the last minute for screens. Samples arrive each second, at another moment on each node, so the
 * exact bound swings by about a second on an idle cluster.
 */
import { isYoungerThan } from '../time/age.ts';

/** For so long the highest bound is held. */
export const BOUND_HOLD_MS = 60_000;
/** A peak above the present bound by more than sampling explains was an incident that has ended: it is not held. */
const HOLD_SLACK_SECONDS = 2;

export interface BoundSighting {
  atMs: number;
  seconds: number;
}

/**
 * The bounds that still count after `seconds` was measured at `nowMs`: the highest first, each later one lower. `null`, no bound
 * now, forgets them all.
 */
export function advanceBounds(recent: readonly BoundSighting[], seconds: number | null, nowMs: number): readonly BoundSighting[] {
  if (seconds === null) return [];
  const counting = recent.filter(
    (sighting) =>
      sighting.seconds > seconds &&
      sighting.seconds <= seconds + HOLD_SLACK_SECONDS &&
      isYoungerThan(sighting.atMs, BOUND_HOLD_MS - 1, nowMs),
  );
  return [...counting, { atMs: nowMs, seconds }];
}

/** In seconds; `null` when there is no bound now. */
export const heldBoundSeconds = (recent: readonly BoundSighting[]): number | null => recent[0]?.seconds ?? null;

/** The bound that is held, or the exact one where nothing held it. */
export function shownBoundSeconds(rpo: { boundSeconds: number | null; heldBoundSeconds?: number | null }): number | null {
  return rpo.boundSeconds === null ? null : Math.max(rpo.boundSeconds, rpo.heldBoundSeconds ?? 0);
}
