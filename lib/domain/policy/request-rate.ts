/** Limits each caller by a token bucket, so that one in a loop is slowed down and the others are not. */

export interface RateLimit {
  perSecond: number;
  /** So many pass at once after a pause. */
  burst: number;
}

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
