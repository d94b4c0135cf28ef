/** A server-sent event stream of cluster views for one browser. */
import type { Actor } from '../domain/policy/permissions.ts';
import type { ClusterView } from '../domain/topology/model.ts';
import { authorise } from './authorise.ts';
import { liveHub } from './live-hub.ts';

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

export interface LiveStreamOptions {
  actor: Actor;
  /** One cluster, or `null` for all. */
  slug: string | null;
  /** Asked again and again while the stream is open; `false` ends it with the event `signed-out`. */
  stillAllowed: () => Promise<boolean>;
  /** From views to what is sent as the event `clusters`. */
  present: (views: readonly ClusterView[], nowMs: number) => unknown;
  signal: AbortSignal;
}

/** Opens the stream; `null` when this person holds too many. It begins with the present state. */
export function openLiveStream(options: LiveStreamOptions): ReadableStream<Uint8Array> | null {
  authorise(options.actor, 'cluster.read');
  const encoder = new TextEncoder();
  const timers: NodeJS.Timeout[] = [];
  let stopWatching: (() => void) | null = null;
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  const close = () => {
    stopWatching?.();
    for (const timer of timers.splice(0)) clearInterval(timer);
    const open = controller;
    controller = null;
    try {
      open?.close();
    } catch {
      // The browser closed it first.
    }
  };
  const send = (text: string) => {
    if (controller === null) return;
    if ((controller.desiredSize ?? 0) < -BACKLOG_CHUNKS_MAX) return close();
    try {
      controller.enqueue(encoder.encode(text));
    } catch {
      close();
    }
  };
  const event = (name: string, data: unknown) => send(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);

  const watch = liveHub().watch({
    person: options.actor.kind === 'user' ? `user:${options.actor.userId}` : `${options.actor.kind}:${personKey(options.actor)}`,
    slug: options.slug,
    onViews: (views) => {
      const nowMs = Date.now();
      event('clusters', { serverTime: new Date(nowMs).toISOString(), clusters: options.present(views, nowMs) });
    },
    onUnavailable: () => event('unavailable', {}),
    onClose: close,
  });
  if (watch === null) return null;
  stopWatching = watch;
  return new ReadableStream<Uint8Array>({
    start(opened) {
      controller = opened;
      send('retry: 1000\n: open\n\n');
      timers.push(setInterval(() => event('beat', {}), HEARTBEAT_INTERVAL_MS));
      timers.push(
        setInterval(() => {
          // While the database can't be asked, nothing new is sent either; the next round decides.
          options.stillAllowed().then(
            (allowed) => {
              if (allowed) return;
              event('signed-out', {});
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

function personKey(actor: Exclude<Actor, { kind: 'user' }>): string {
  return actor.kind === 'apiToken' ? String(actor.tokenId) : actor.process;
}
