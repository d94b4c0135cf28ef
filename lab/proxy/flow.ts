/** Models traffic from one peer to another: its delay, its rate, and whether it gets through at all. */
import { EventEmitter } from 'node:events';

/** Waiting bytes of one connection before its sender is made to wait too; enough for 300 ms at 100 Mbit/s. */
const QUEUE_BYTES_MAX = 4 * 1024 * 1024;
/** A throttled flow queues about this much time, so that a slow link is slow and not merely late. */
const THROTTLED_QUEUE_MS = 250;
const QUEUE_BYTES_MIN = 32 * 1024;

export class Flow extends EventEmitter {
  readonly from: string;
  readonly to: string;
  readonly usualDelayMs: number;
  /** One way, half of the round trip. */
  delayMs: number;
  bitsPerSecond: number | null = null;
  cut = false;
  /** Delivered since the lab began. */
  bytes = 0;
  #freeAtMs = 0;

  constructor(from: string, to: string, usualDelayMs: number) {
    super();
    this.setMaxListeners(0);
    this.from = from;
    this.to = to;
    this.usualDelayMs = usualDelayMs;
    this.delayMs = usualDelayMs;
  }

  /** When bytes handed over now arrive, on `performance.now()`'s clock; takes their time on the wire. */
  arrivalMs(byteCount: number): number {
    const now = performance.now();
    if (this.bitsPerSecond === null) return now + this.delayMs;
    this.#freeAtMs = Math.max(now, this.#freeAtMs) + (byteCount * 8 * 1000) / this.bitsPerSecond;
    return this.#freeAtMs + this.delayMs;
  }

  get queueBytesMax(): number {
    if (this.bitsPerSecond === null) return QUEUE_BYTES_MAX;
    return Math.max(QUEUE_BYTES_MIN, (this.bitsPerSecond / 8) * (THROTTLED_QUEUE_MS / 1000));
  }

  change(settings: { delayMs?: number; bitsPerSecond?: number | null; cut?: boolean }): void {
    if (settings.delayMs !== undefined) this.delayMs = settings.delayMs;
    if (settings.bitsPerSecond !== undefined) this.bitsPerSecond = settings.bitsPerSecond;
    if (settings.cut !== undefined) this.cut = settings.cut;
    this.#freeAtMs = 0;
    this.emit('change');
  }

  heal(): void {
    this.change({ delayMs: this.usualDelayMs, bitsPerSecond: null, cut: false });
  }

  get faulty(): boolean {
    return this.cut || this.bitsPerSecond !== null || this.delayMs !== this.usualDelayMs;
  }
}
