/** Tells how far terms have gone by what agents have seen, when the record may be from a backup. */

/** Terms between the record and what an agent says. Beyond, it is not believed. */
export const TERMS_AHEAD_MAX = 50;

/**
 * The highest term that an agent has seen, at least the record's. For a plan that a person starts: an agent refuses what comes of a term
 * below the one it has seen, and giving one term twice costs a cluster. A wrong claim costs at most TERMS_AHEAD_MAX numbers for each operation that was run.
 */
export function provenTerm(recordTerm: number, termsSeen: readonly number[]): number {
  return Math.max(recordTerm, ...termsSeen.filter((term) => term <= recordTerm + TERMS_AHEAD_MAX));
}

/**
 * The highest term above the record's that two agents have seen, or the agent of the holder. For the controller on its own: one agent that
 * claims more again and again must not use up terms. Who leads is not told by this.
 */
export function witnessedTerm(recordTerm: number, seen: readonly { termSeen: number; isHolder: boolean }[]): number {
  const believed = seen.filter(({ termSeen }) => termSeen <= recordTerm + TERMS_AHEAD_MAX);
  const [, second] = believed.map(({ termSeen }) => termSeen).toSorted((a, b) => b - a);
  const own = believed.find(({ isHolder }) => isHolder)?.termSeen;
  return Math.max(recordTerm, second ?? 0, own ?? 0);
}
