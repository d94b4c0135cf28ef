/** Tells how far terms have gone by what agents have seen, when the record may be from a backup. */

/** Terms between the record and what an agent says. Beyond, it is not believed. */
export const TERMS_AHEAD_MAX = 50;

/**
 * The highest term that an agent has seen, at least the record's. A term is a counter: raising it for a claim that is wrong costs a number,
 * giving one twice costs a cluster. Who holds it is not told by this.
 */
export function provenTerm(recordTerm: number, termsSeen: readonly number[]): number {
  return Math.max(recordTerm, ...termsSeen.filter((term) => term <= recordTerm + TERMS_AHEAD_MAX));
}
