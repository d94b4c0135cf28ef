/** A server-sent event stream of cluster views for one browser. */
import type { Actor } from '../domain/policy/permissions.ts';
import type { ClusterView } from '../domain/topology/model.ts';
import { authorise } from './authorise.ts';
import { openEventStream, personOf } from './event-stream.ts';
import { liveHub } from './live-hub.ts';

export { EVENT_STREAM_HEADERS } from './event-stream.ts';

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
export function openLiveStream({ actor, slug, stillAllowed, present, signal }: LiveStreamOptions): ReadableStream<Uint8Array> | null {
  authorise(actor, 'cluster.read');
  return openEventStream({
    stillAllowed,
    signal,
    watch: ({ event, close }) =>
      liveHub().watch({
        person: personOf(actor),
        slug,
        onViews: (views) => {
          const nowMs = Date.now();
          event('clusters', { serverTime: new Date(nowMs).toISOString(), clusters: present(views, nowMs) });
        },
        onUnavailable: () => event('unavailable', {}),
        onClose: close,
      }),
  });
}
