/** When a sample was really taken: an agent's clock may be minutes off, and every figure is compared across nodes. */

/**
 * Below this, the difference between "written" and "arrived" may be the network or a busy host; above it, it is the clock.
 * Only used before the agent knows its offset, which it learns from our first answer.
 */
const TRANSIT_PLAUSIBLE_MS = 2_000;
/** A coarse estimate is rounded so that a batch that is sent twice gets the same times twice, and is stored once. */
const ESTIMATE_STEP_MS = 1_000;

export interface AgentClock {
  /** Controller's clock minus the agent's, as the agent measured it; `null` = not yet. */
  offsetMs: number | null;
  uncertaintyMs: number | null;
}

/** Milliseconds to add to this agent's times. 0 while the clock can't be told from a right one. */
export function clockCorrectionMs(clock: AgentClock, sentAtMs: number, receivedAtMs: number): number {
  if (clock.offsetMs !== null) {
    return Math.abs(clock.offsetMs) > (clock.uncertaintyMs ?? 0) ? Math.round(clock.offsetMs) : 0;
  }
  const estimateMs = receivedAtMs - sentAtMs;
  return Math.abs(estimateMs) > TRANSIT_PLAUSIBLE_MS ? Math.round(estimateMs / ESTIMATE_STEP_MS) * ESTIMATE_STEP_MS : 0;
}

/** A sample further ahead than this, after correction, is a broken clock and would sit above the truth for as long. */
export const FUTURE_TOLERANCE_MS = 5 * 60 * 1000;

/** Why a sample is accepted but not kept; `null` = it is kept. */
export function reasonToDrop(observedAtMs: number, nowMs: number, retentionMs: number): 'older-than-retention' | 'in-the-future' | null {
  if (observedAtMs > nowMs + FUTURE_TOLERANCE_MS) return 'in-the-future';
  if (observedAtMs < nowMs - retentionMs) return 'older-than-retention';
  return null;
}
