/**
 * Collects batches of all nodes and makes them durable together. The promise of `submit` resolves only after the commit, and an agent
 * forgets a sample only then: nothing is lost in between, and the agent sends it again.
 */
import type { Logger } from 'pino';
import { isAboutContent } from '../../lib/db/ground/problem.ts';

export const FLUSH_EVERY_MS = 200;
/** As soon as this many samples wait, they are written without waiting for the interval. */
export const FLUSH_SAMPLES = 500;
/** One transaction takes at most this many, so that a back-fill storm stays in digestible pieces. */
const FLUSH_SAMPLES_MAX = 3_000;
/** Samples that may wait in memory (about 4 kB each as JSON). Beyond it, agents are told to come back. */
export const QUEUE_SAMPLES_MAX = 20_000;
/** While the database does not take anything, an agent waits this long at most; then it keeps its samples and tries again. */
export const DURABLE_DEADLINE_MS = 2_000;
/**
 * While the database works, but slowly, waiting is better than sending again: a refused batch costs everything twice, and the
 * agent has only this one request in flight.
 */
const DURABLE_DEADLINE_BUSY_MS = 8_000;
/** After a failed write, the database is left alone this long. */
const RETRY_AFTER_FAILURE_MS = 300;
const SWEEP_EVERY_MS = 100;

/** A batch that was not made durable; the message is for a person. The agent keeps it, unless its content is at fault. */
export class NotDurable extends Error {
  override name = 'NotDurable';
  /** `content`: PostgreSQL refuses a value in it, and sending it again will not help. */
  readonly reason: 'unavailable' | 'content';
  readonly retryAfterSeconds: number;

  constructor(reason: NotDurable['reason'], message: string, options: { retryAfterSeconds: number; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

export interface QueuedBatch {
  /** Samples in it; 0 when only facts are sent. */
  readonly sampleCount: number;
}

export interface IngestCounters {
  samplesDurable: number;
  batchesDurable: number;
  batchesRefused: number;
  flushes: number;
  flushFailures: number;
  lastFlushMs: number;
}

interface Waiting<B> {
  batch: B;
  submittedAtMs: number;
  settled: boolean;
  resolve: () => void;
  reject: (problem: NotDurable) => void;
}

export interface IngestQueueOptions<B extends QueuedBatch> {
  /** Writes all batches in one transaction. Rejects as a whole or not at all. */
  persist: (batches: readonly B[]) => Promise<void>;
  /** Called after the commit, with what became durable. */
  onDurable: (batches: readonly B[]) => void;
  log: Logger;
}

export class IngestQueue<B extends QueuedBatch> {
  readonly counters: IngestCounters = {
    samplesDurable: 0,
    batchesDurable: 0,
    batchesRefused: 0,
    flushes: 0,
    flushFailures: 0,
    lastFlushMs: 0,
  };
  readonly #options: IngestQueueOptions<B>;
  #waiting: Waiting<B>[] = [];
  #inFlight: readonly Waiting<B>[] = [];
  #waitingSamples = 0;
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> | null = null;
  /** Greater than 0 from a failed write until the next one that succeeds. */
  #pausedUntilMs = 0;
  #flushStartedAtMs: number | null = null;
  #closed = false;
  readonly #sweeper: NodeJS.Timeout;

  constructor(options: IngestQueueOptions<B>) {
    this.#options = options;
    this.#sweeper = setInterval(() => this.#expire(this.#deadlineMs()), SWEEP_EVERY_MS);
    this.#sweeper.unref();
  }

  /** Samples that wait or are being written. */
  get depth(): number {
    return this.#waitingSamples + this.#inFlight.reduce((sum, waiting) => sum + waiting.batch.sampleCount, 0);
  }

  /**
   * Resolves when the batch is durable. Rejects with `NotDurable`: `unavailable` at once when the queue is full, and after 2 s while the
   * database takes nothing (8 s while it is merely slow); `content` when PostgreSQL refuses a value in it.
   */
  submit(batch: B): Promise<void> {
    if (this.#closed) return Promise.reject(new NotDurable('unavailable', 'This controller is stopping.', { retryAfterSeconds: 1 }));
    if (this.#waitingSamples + batch.sampleCount > QUEUE_SAMPLES_MAX) {
      this.counters.batchesRefused += 1;
      const detail =
        'The controller has more samples waiting for its database than it may hold. The agent keeps this batch and sends it again.';
      return Promise.reject(new NotDurable('unavailable', detail, { retryAfterSeconds: 2 }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, submittedAtMs: performance.now(), settled: false, resolve, reject });
      this.#waitingSamples += batch.sampleCount;
      this.#schedule();
    });
  }

  /** Writes what waits, then refuses what is left: the last act of a graceful shutdown. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#flushing;
    const failuresBefore = this.counters.flushFailures;
    while (this.#waiting.length > 0 && this.counters.flushFailures === failuresBefore) await this.#flush();
    if (this.#timer !== null) clearTimeout(this.#timer);
    clearInterval(this.#sweeper);
    this.#expire(0);
  }

  #schedule(): void {
    if (this.#flushing !== null) return;
    const full = this.#waitingSamples >= FLUSH_SAMPLES;
    const pauseMs = this.#pausedUntilMs - performance.now();
    if (this.#timer !== null) {
      if (!full || pauseMs > 0) return;
      clearTimeout(this.#timer);
    }
    const delayMs = pauseMs > 0 ? pauseMs : full ? 0 : FLUSH_EVERY_MS;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#flushing = this.#flush().finally(() => {
        this.#flushing = null;
        if (this.#waiting.length > 0) this.#schedule();
      });
    }, delayMs);
  }

  async #flush(): Promise<void> {
    const taken = this.#take();
    if (taken.length === 0) return;
    this.#inFlight = taken;
    const startedAt = performance.now();
    this.#flushStartedAtMs = startedAt;
    try {
      await this.#options.persist(taken.map((waiting) => waiting.batch));
      this.#settleDurable(taken);
      this.#pausedUntilMs = 0;
    } catch (error) {
      await this.#afterFailure(taken, error);
    } finally {
      this.counters.flushes += 1;
      this.counters.lastFlushMs = performance.now() - startedAt;
      this.#inFlight = [];
      this.#flushStartedAtMs = null;
    }
  }

  #take(): Waiting<B>[] {
    let samples = 0;
    let count = 0;
    for (const { batch } of this.#waiting) {
      if (count > 0 && samples + batch.sampleCount > FLUSH_SAMPLES_MAX) break;
      samples += batch.sampleCount;
      count += 1;
    }
    this.#waitingSamples -= samples;
    return this.#waiting.splice(0, count);
  }

  async #afterFailure(taken: readonly Waiting<B>[], error: unknown): Promise<void> {
    this.counters.flushFailures += 1;
    if (!isAboutContent(error)) {
      // The database is away or overloaded: everything stays in line, in order, until its deadline.
      this.#options.log.warn({ err: error, batches: taken.length }, 'the database did not take the samples; they stay queued');
      this.#pausedUntilMs = performance.now() + RETRY_AFTER_FAILURE_MS;
      const stillWanted = taken.filter((waiting) => !waiting.settled);
      this.#waiting = [...stillWanted, ...this.#waiting];
      this.#waitingSamples += stillWanted.reduce((sum, waiting) => sum + waiting.batch.sampleCount, 0);
      return;
    }
    for (const waiting of taken) await this.#flushAlone(waiting, taken.length === 1 ? error : null);
  }

  /** One node's content was refused: each batch is written for itself so that only the guilty one is turned away. */
  async #flushAlone(waiting: Waiting<B>, known: unknown): Promise<void> {
    try {
      if (known !== null) throw known;
      await this.#options.persist([waiting.batch]);
      this.#settleDurable([waiting]);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'a batch was refused by the database');
      const about = isAboutContent(error);
      const detail = about
        ? 'The database refused a value in this batch. It was not stored; the controller’s log names the value’s kind.'
        : 'The database did not take this batch. The agent keeps it and sends it again.';
      this.#reject(waiting, new NotDurable(about ? 'content' : 'unavailable', detail, { retryAfterSeconds: 1, cause: error }));
    }
  }

  #settleDurable(taken: readonly Waiting<B>[]): void {
    for (const waiting of taken) {
      this.counters.samplesDurable += waiting.batch.sampleCount;
      this.counters.batchesDurable += 1;
      waiting.settled = true;
      waiting.resolve();
    }
    this.#options.onDurable(taken.map((waiting) => waiting.batch));
  }

  #reject(waiting: Waiting<B>, problem: NotDurable): void {
    if (waiting.settled) return;
    waiting.settled = true;
    this.counters.batchesRefused += 1;
    waiting.reject(problem);
  }

  /** How long a batch may wait as things are now. */
  #deadlineMs(): number {
    const failing = this.#pausedUntilMs > 0;
    const stuck = this.#flushStartedAtMs !== null && performance.now() - this.#flushStartedAtMs >= DURABLE_DEADLINE_MS;
    return failing || stuck ? DURABLE_DEADLINE_MS : DURABLE_DEADLINE_BUSY_MS;
  }

  #expire(deadlineMs: number): void {
    const nowMs = performance.now();
    const late = (waiting: Waiting<B>): boolean => nowMs - waiting.submittedAtMs >= deadlineMs;
    if (!this.#waiting.some(late) && !this.#inFlight.some(late)) return;
    const detail = 'The controller’s database did not store the samples in time. The agent keeps them and sends them again.';
    for (const waiting of [...this.#waiting, ...this.#inFlight].filter(late)) {
      this.#reject(waiting, new NotDurable('unavailable', detail, { retryAfterSeconds: 1 }));
    }
    this.#waiting = this.#waiting.filter((waiting) => !waiting.settled);
    this.#waitingSamples = this.#waiting.reduce((sum, waiting) => sum + waiting.batch.sampleCount, 0);
  }
}
