/**
 * The commands of a change of primary follow one another within milliseconds, while clients wait. What only looks and reports, on the
 * same processor and in the same process, waits until none has begun or ended for a moment.
 */
const QUIET_MS = 150;
const WAIT_MAX_MS = 1000;

export class Quiet<Wish> {
  readonly #then: (wishes: Wish[]) => void;
  #waiting: { wishes: Wish[]; sinceMs: number; timer: NodeJS.Timeout } | null = null;

  /** `then` gets all that was wished since it was called last, in order; perhaps nothing. */
  constructor(then: (wishes: Wish[]) => void) {
    this.#then = then;
  }

  get isWaiting(): boolean {
    return this.#waiting !== null;
  }

  /** A command has begun or ended, which is to be followed by `wishes`. */
  stir(...wishes: Wish[]): void {
    const nowMs = performance.now();
    const before = this.#waiting;
    clearTimeout(before?.timer);
    const sinceMs = before?.sinceMs ?? nowMs;
    const waitMs = Math.max(0, Math.min(QUIET_MS, sinceMs + WAIT_MAX_MS - nowMs));
    const timer = setTimeout(() => this.#end(), waitMs);
    this.#waiting = { wishes: [...(before?.wishes ?? []), ...wishes], sinceMs, timer };
  }

  stop(): void {
    clearTimeout(this.#waiting?.timer);
    this.#waiting = null;
  }

  #end(): void {
    const wishes = this.#waiting?.wishes ?? [];
    this.#waiting = null;
    this.#then(wishes);
  }
}
