/** A token bucket for each node, so that one agent in a loop is slowed down and the others do not notice. */

export interface RateLimit {
  perSecond: number;
  burst: number;
}

/** An agent sends about one request a second, and a few a second while it back-fills. */
export const NODE_RATE: RateLimit = { perSecond: 10, burst: 40 };
/** While it performs, an agent asks again after each answer, sends a result a step and tells its progress once a second. */
export const COMMAND_RATE: RateLimit = { perSecond: 50, burst: 200 };
/** Joins come without identity, so all of them share one bucket; a fleet of hundreds may join at once, guessing may not. */
export const JOIN_RATE: RateLimit = { perSecond: 20, burst: 400 };

interface Bucket {
  tokens: number;
  atMs: number;
}

export class RequestRate<K> {
  readonly #limit: RateLimit;
  readonly #buckets = new Map<K, Bucket>();

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  /** Takes one request of `key` at `nowMs`. Returns 0 when it may pass, else the milliseconds after which it may. */
  take(key: K, nowMs: number): number {
    const bucket = this.#buckets.get(key) ?? { tokens: this.#limit.burst, atMs: nowMs };
    const refilled = bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1000) * this.#limit.perSecond;
    bucket.tokens = Math.min(this.#limit.burst, refilled);
    bucket.atMs = nowMs;
    this.#buckets.set(key, bucket);
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / this.#limit.perSecond) * 1000);
    bucket.tokens -= 1;
    return 0;
  }
}
