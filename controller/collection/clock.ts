/** Corrects the time of a sample: an agent's clock may be minutes off, and every figure is compared across nodes. */

/**
 * Below this, the difference between "written" and "arrived" may be the network or a busy host; above it, it is the clock.
 * Used before the agent knows its offset, which it learns from our first answer, and when what it knows can't be.
 */
const TRANSIT_PLAUSIBLE_MS = 2_000;
/** A coarse estimate is rounded: a batch that is sent twice gets the same times twice, and is stored once. */
const ESTIMATE_STEP_MS = 1_000;

export interface AgentClock {
  /** Controller's clock minus the agent's, as the agent measured it; `null` = not yet. */
  offsetMs: number | null;
  uncertaintyMs: number | null;
}

/**
 * 0 while the clock can't be told from a right one. An offset measured before the clock was set no longer holds. Nothing is received before
 * it was taken: a correction that says so is wrong, and the next best is used.
 */
export function clockCorrectionMs(clock: AgentClock, observedAtMs: number, sentAtMs: number, receivedAtMs: number): number {
  const latestMs = receivedAtMs + FUTURE_TOLERANCE_MS;
  const possible = [measuredMs(clock), estimatedMs(sentAtMs, receivedAtMs), 0].filter((correction) => correction !== null);
  return possible.find((correctionMs) => observedAtMs + correctionMs <= latestMs) ?? possible[0]!;
}

function measuredMs({ offsetMs, uncertaintyMs }: AgentClock): number | null {
  if (offsetMs === null) return null;
  return Math.abs(offsetMs) > (uncertaintyMs ?? 0) ? Math.round(offsetMs) : 0;
}

function estimatedMs(sentAtMs: number, receivedAtMs: number): number {
  const estimateMs = receivedAtMs - sentAtMs;
  return Math.abs(estimateMs) > TRANSIT_PLAUSIBLE_MS ? Math.round(estimateMs / ESTIMATE_STEP_MS) * ESTIMATE_STEP_MS : 0;
}

/**
 * A sample further ahead than this, by every correction, is of a broken clock. Kept, it would be the node's latest for as long as it is
 * ahead, and the node unknown.
 */
export const FUTURE_TOLERANCE_MS = 2_000;

/** Why a sample is accepted but not kept; `null` = it is kept. */
export function reasonToDrop(observedAtMs: number, nowMs: number, retentionMs: number): 'older-than-retention' | 'in-the-future' | null {
  if (observedAtMs > nowMs + FUTURE_TOLERANCE_MS) return 'in-the-future';
  if (observedAtMs < nowMs - retentionMs) return 'older-than-retention';
  return null;
}
