/** Records acknowledged commits of a client, and the longest time without one. Pure: the caller brings the clock. */

export type NumberRange = readonly [first: number, last: number];

export interface AcknowledgementReport {
  /** Rows acknowledged since the mark. */
  count: number;
  /** The longest time between two acknowledged commits since the mark, an unfinished one included. */
  largestGapMs: number;
  /** When it began and ended, in milliseconds since 1970. `gapEndedAtMs: null` = it still lasts. */
  gapBeganAtMs: number;
  gapEndedAtMs: number | null;
  lastAtMs: number | null;
  /** All numbers ever acknowledged, as ranges without holes. */
  acknowledged: NumberRange[];
}

export class Acknowledgements {
  readonly #ranges: [number, number][] = [];
  #count = 0;
  #lastAtMs: number | null = null;
  /** Where a gap that now lasts began: the last acknowledgement, or the beginning. */
  #sinceMs: number;
  #largest: { ms: number; beganAtMs: number; endedAtMs: number };

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
    this.#largest = { ms: 0, beganAtMs: nowMs, endedAtMs: nowMs };
  }

  /** Numbers only grow. */
  add(number: number, atMs: number): void {
    const last = this.#ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else this.#ranges.push([number, number]);
    const gapMs = atMs - this.#sinceMs;
    if (gapMs > this.#largest.ms) this.#largest = { ms: gapMs, beganAtMs: this.#sinceMs, endedAtMs: atMs };
    this.#count += 1;
    this.#lastAtMs = atMs;
    this.#sinceMs = atMs;
  }

  /** Begins a new measurement. A gap that lasts now counts from its beginning. */
  mark(nowMs: number): void {
    this.#count = 0;
    this.#sinceMs = this.#lastAtMs ?? nowMs;
    this.#largest = { ms: 0, beganAtMs: nowMs, endedAtMs: nowMs };
  }

  report(nowMs: number): AcknowledgementReport {
    const openMs = nowMs - this.#sinceMs;
    const lasts = openMs > this.#largest.ms;
    return {
      count: this.#count,
      largestGapMs: lasts ? openMs : this.#largest.ms,
      gapBeganAtMs: lasts ? this.#sinceMs : this.#largest.beganAtMs,
      gapEndedAtMs: lasts ? null : this.#largest.endedAtMs,
      lastAtMs: this.#lastAtMs,
      acknowledged: this.#ranges.map(([first, last]) => [first, last] as const),
    };
  }
}

/** Numbers in `ranges` that `present` does not hold, at most `limit` of them listed. */
export function missingFrom(
  ranges: readonly NumberRange[],
  present: ReadonlySet<number>,
  limit: number,
): { count: number; first: number[] } {
  let count = 0;
  const first: number[] = [];
  for (const [from, to] of ranges) {
    for (let number = from; number <= to; number += 1) {
      if (present.has(number)) continue;
      count += 1;
      if (first.length < limit) first.push(number);
    }
  }
  return { count, first };
}
