/** A server-sent event stream for one caller: heartbeats, repeated authorisation, and an end for readers that are too slow. */
import type { Actor } from '../domain/policy/permissions.ts';

const HEARTBEAT_INTERVAL_MS = 10_000;
/** A session that was ended stops seeing data after at most this and the time of one query: under five seconds together. */
const REAUTHORISE_INTERVAL_MS = 4_000;
/** A browser that reads so slowly is cut off; it reconnects and starts from the present. */
const BACKLOG_CHUNKS_MAX = 50;

export const EVENT_STREAM_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
};

export interface EventSender {
  /** `id` is what the browser gives back as Last-Event-ID. */
  event: (name: string, data: unknown, id?: string) => void;
  close: () => void;
}

/** `access-changed`: what this person may read is not what it was; the page reloads. */
export type StreamVerdict = 'allowed' | 'signed-out' | 'access-changed';

export interface EventStreamOptions {
  /** Begins to watch; its answer stops that. `null`: this person holds too many streams. */
  watch: (sender: EventSender) => (() => void) | null;
  /** Asked again and again while the stream is open; anything but `allowed` ends it with an event of that name. */
  verdict: () => Promise<StreamVerdict>;
  signal: AbortSignal;
}

/** The person whose limit a stream counts for. */
export function personOf(actor: Actor): string {
  switch (actor.kind) {
    case 'user':
      return `user:${actor.userId}`;
    case 'apiToken':
      return `apiToken:${actor.tokenId}`;
    case 'system':
      return `system:${actor.process}`;
  }
}

/** Opens the stream; `null` when `watch` refuses. */
export function openEventStream(options: EventStreamOptions): ReadableStream<Uint8Array> | null {
  const encoder = new TextEncoder();
  const timers: NodeJS.Timeout[] = [];
  let stopWatching: (() => void) | null = null;
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  let unsent = '';

  const close = () => {
    stopWatching?.();
    for (const timer of timers.splice(0)) clearInterval(timer);
    const open = controller;
    controller = null;
    try {
      if (unsent !== '') open?.enqueue(encoder.encode(unsent));
      open?.close();
    } catch {
      // The browser closed it first.
    }
    unsent = '';
  };
  const flush = () => {
    if (controller === null || unsent === '') return;
    const text = unsent;
    unsent = '';
    if ((controller.desiredSize ?? 0) < -BACKLOG_CHUNKS_MAX) return close();
    try {
      controller.enqueue(encoder.encode(text));
    } catch {
      close();
    }
  };
  // One chunk: a long journal must not look like a slow reader.
  const send = (text: string) => {
    if (controller === null) return;
    if (unsent === '') queueMicrotask(flush);
    unsent += text;
  };
  const event: EventSender['event'] = (name, data, id) =>
    send(`event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`);

  stopWatching = options.watch({ event, close });
  if (stopWatching === null) return null;
  return new ReadableStream<Uint8Array>({
    start(opened) {
      controller = opened;
      send('retry: 1000\n: open\n\n');
      timers.push(setInterval(() => event('beat', {}), HEARTBEAT_INTERVAL_MS));
      timers.push(
        setInterval(() => {
          // While the database can't be asked, nothing new is sent either; the next round decides.
          options.verdict().then(
            (verdict) => {
              if (verdict === 'allowed') return;
              event(verdict, {});
              close();
            },
            () => undefined,
          );
        }, REAUTHORISE_INTERVAL_MS),
      );
      if (options.signal.aborted) close();
      else options.signal.addEventListener('abort', close, { once: true });
    },
    cancel: close,
  });
}
