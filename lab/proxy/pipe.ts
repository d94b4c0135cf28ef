/**
 * One direction of one proxied connection. Bytes, the end of the stream and a reset all travel on the flow: while it is cut none
 * of them arrives, and after it heals they arrive in order, as TCP would have sent them again.
 */
import type { Socket } from 'node:net';
import type { Flow } from './flow.ts';
import type { Receiver } from './receive-buffers.ts';

type Item = { arrivalMs: number } & ({ kind: 'data'; chunk: Buffer; release: () => void } | { kind: 'end' } | { kind: 'reset' });

/** A timer below this is not worth its own imprecision. */
const TIMER_RESOLUTION_MS = 0.5;
const NOTHING = (): void => undefined;

export class Pipe {
  readonly #flow: Flow;
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #queue: Item[] = [];
  #queuedBytes = 0;
  #blocked = false;
  #timer: NodeJS.Timeout | null = null;
  /** The source has no more to give. */
  ended = false;

  /** @param receiver of a source that reads into its own buffers. */
  constructor(flow: Flow, source: Socket, sink: Socket, receiver: Receiver | null = null) {
    this.#flow = flow;
    this.#source = source;
    this.#sink = sink;
    flow.on('change', this.#onChange);
    const onBytes = (chunk: Buffer, release: () => void = NOTHING): void =>
      this.#accept({ kind: 'data', chunk, release, arrivalMs: flow.arrivalMs(chunk.length) });
    if (receiver === null) source.on('data', (chunk: Buffer) => onBytes(chunk));
    else receiver.onBytes = onBytes;
    source.on('end', () => this.#finish('end'));
    source.on('error', () => this.#finish('reset'));
    sink.on('drain', () => {
      this.#blocked = false;
      this.#deliver();
    });
  }

  close(): void {
    this.#flow.off('change', this.#onChange);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  #finish(kind: 'end' | 'reset'): void {
    if (this.ended) return;
    this.ended = true;
    this.#accept({ kind, arrivalMs: this.#flow.arrivalMs(0) });
  }

  #accept(item: Item): void {
    this.#queue.push(item);
    if (item.kind === 'data') {
      this.#queuedBytes += item.chunk.length;
      if (this.#queuedBytes > this.#flow.queueBytesMax) this.#source.pause();
    }
    this.#deliver();
  }

  /** Data waiting under the old settings need not wait longer than the new ones ask. */
  readonly #onChange = (): void => {
    const latest = performance.now() + this.#flow.delayMs;
    for (const item of this.#queue) item.arrivalMs = Math.min(item.arrivalMs, latest);
    this.#deliver();
  };

  #deliver(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    while (!this.#flow.cut && !this.#blocked) {
      const head = this.#queue[0];
      if (head === undefined) break;
      const waitMs = head.arrivalMs - performance.now();
      if (waitMs > TIMER_RESOLUTION_MS) {
        this.#timer = setTimeout(() => this.#deliver(), waitMs);
        break;
      }
      this.#queue.shift();
      this.#handOver(head);
    }
    if (this.#queuedBytes <= this.#flow.queueBytesMax / 2 && this.#source.isPaused()) this.#source.resume();
  }

  #handOver(item: Item): void {
    if (item.kind === 'data') this.#queuedBytes -= item.chunk.length;
    if (this.#sink.destroyed) return;
    if (item.kind === 'data') {
      this.#flow.bytes += item.chunk.length;
      this.#blocked = !this.#sink.write(item.chunk, item.release);
    } else if (item.kind === 'end') this.#sink.end();
    else this.#sink.resetAndDestroy();
  }
}
