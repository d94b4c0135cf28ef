/**
 * Calls `work` at a steady beat. A beat that falls while the one before is still at work is left out and counted: a gap is honest,
 * a queue would put old times on new facts.
 */
export class Ticker {
  readonly #periodMs: number;
  readonly #work: () => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #timer: NodeJS.Timeout | null = null;
  #hurryTimer: NodeJS.Timeout | null = null;
  #hurryUntilMs = 0;
  #nextAtMs = 0;
  #busy = false;
  #again = false;
  #current: Promise<void> = Promise.resolve();
  #stopped = false;
  taken = 0;
  skipped = 0;

  constructor(periodMs: number, work: () => Promise<void>, onError: (error: unknown) => void) {
    this.#periodMs = periodMs;
    this.#work = work;
    this.#onError = onError;
  }

  start(): void {
    this.#nextAtMs = performance.now();
    this.#beat();
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of [this.#timer, this.#hurryTimer]) if (timer !== null) clearTimeout(timer);
  }

  /** Works now, out of turn. What is at work already may have looked before the change: it is followed by one more. */
  soon(): void {
    if (this.#stopped) return;
    if (this.#busy) this.#again = true;
    else this.#current = this.#run();
  }

  /** Works now, and then each `everyMs` until `forMs` have passed, beside the steady beat. */
  hurry(everyMs: number, forMs: number): void {
    this.soon();
    this.#hurryUntilMs = performance.now() + forMs;
    if (this.#hurryTimer !== null || this.#stopped) return;
    const again = (): void => {
      this.#hurryTimer = null;
      if (this.#stopped || performance.now() >= this.#hurryUntilMs) return;
      // A tick in progress is new enough.
      if (!this.#busy) this.soon();
      this.#hurryTimer = setTimeout(again, everyMs);
    };
    this.#hurryTimer = setTimeout(again, everyMs);
  }

  /** Waits until no work is in flight, at most `deadlineMs`. */
  async idle(deadlineMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, deadlineMs)));
    await Promise.race([this.#current, late]);
    clearTimeout(timer);
  }

  #beat(): void {
    if (this.#stopped) return;
    const nowMs = performance.now();
    if (this.#busy) this.skipped += 1;
    else this.#current = this.#run();
    // After a suspended host the missed beats are not made up for.
    const missed = Math.floor((nowMs - this.#nextAtMs) / this.#periodMs);
    this.skipped += Math.max(0, missed);
    this.#nextAtMs += this.#periodMs * (1 + Math.max(0, missed));
    this.#timer = setTimeout(() => this.#beat(), Math.max(0, this.#nextAtMs - performance.now()));
  }

  async #run(): Promise<void> {
    this.#busy = true;
    try {
      await this.#work();
      this.taken += 1;
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#busy = false;
    }
    if (!this.#again) return;
    this.#again = false;
    if (!this.#stopped) await this.#run();
  }
}
