const KEPT_MEASUREMENTS = 5;
/** More than any clock drifts or is slewed between two measurements against the monotonic clock: it was set. */
const SET_MS = 500;

export interface ClockOffset {
  /** Controller's clock minus this one. */
  offsetMs: number | null;
  /** Half the round trip. */
  uncertaintyMs: number | null;
}

/**
 * The controller's clock against this one, by the round trips of the agent's own requests: the median of the last few. When this clock
 * is set, all that was measured before is void.
 */
export class ClockOffsetEstimate {
  #measurements: { offsetMs: number; uncertaintyMs: number }[] = [];
  readonly #wallMinusMonotonicMs: () => number;
  #lastWallMinusMonotonicMs = 0;

  constructor(wallMinusMonotonicMs = () => Date.now() - performance.now()) {
    this.#wallMinusMonotonicMs = wallMinusMonotonicMs;
  }

  /** @param serverTime the controller's clock when the request arrived (ISO). Times in ms since the epoch on this clock. */
  add(serverTime: string, sentAtMs: number, receivedAtMs: number): void {
    const serverMs = Date.parse(serverTime);
    // A clock that was set during the request gives no measurement.
    if (Number.isNaN(serverMs) || receivedAtMs < sentAtMs) return;
    this.#forgetIfSet();
    this.#lastWallMinusMonotonicMs = this.#wallMinusMonotonicMs();
    const uncertaintyMs = (receivedAtMs - sentAtMs) / 2;
    this.#measurements.push({ offsetMs: serverMs - (sentAtMs + receivedAtMs) / 2, uncertaintyMs });
    if (this.#measurements.length > KEPT_MEASUREMENTS) this.#measurements.shift();
  }

  get current(): ClockOffset {
    this.#forgetIfSet();
    const sorted = this.#measurements.toSorted((a, b) => a.offsetMs - b.offsetMs);
    const median = sorted[Math.floor(sorted.length / 2)];
    return { offsetMs: median?.offsetMs ?? null, uncertaintyMs: median?.uncertaintyMs ?? null };
  }

  #forgetIfSet(): void {
    if (Math.abs(this.#wallMinusMonotonicMs() - this.#lastWallMinusMonotonicMs) > SET_MS) this.#measurements = [];
  }
}
