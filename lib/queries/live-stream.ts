/** A server-sent event stream of cluster views for one browser. */
import { authorise, authorisedClusters } from '../domain/policy/authorise.ts';
import { clustersWith } from '../domain/policy/permissions.ts';
import type { Actor, ClusterSet } from '../domain/policy/permissions.ts';
import { withInertText } from '../domain/format/inert-text.ts';
import type { ClusterView } from '../domain/topology/model.ts';
import { summariseCluster } from '../domain/topology/summary.ts';
import type { ClusterSummary } from '../domain/topology/summary.ts';
import { openEventStream, personOf } from './event-stream.ts';
import { liveHub } from './live-hub.ts';

export { EVENT_STREAM_HEADERS } from './event-stream.ts';

export interface LiveStreamOptions {
  actor: Actor;
  /** One cluster, or `null` for all that this actor reads. */
  slug: string | null;
  /** Polled while the stream is open; `null`: no longer signed in. */
  actorNow: () => Promise<Actor | null>;
  /** From views to what is sent as the event `clusters`. */
  present: (views: readonly ClusterView[], nowMs: number) => unknown;
  signal: AbortSignal;
}

/** Opens the stream; `null` when this person holds too many. It begins with the present state. */
export function openLiveStream({ actor, slug, actorNow, present, signal }: LiveStreamOptions): ReadableStream<Uint8Array> | null {
  const readable = authorisedClusters(actor, 'cluster.read');
  const clusters = slug === null ? readable : authorise(actor, 'cluster.read', { cluster: slug }) ? [slug] : [];
  return openEventStream({
    verdict: async () => {
      const now = await actorNow();
      if (now === null) return 'signed-out';
      return isSameSet(clustersWith(now, 'cluster.read'), readable) ? 'allowed' : 'access-changed';
    },
    signal,
    watch: ({ event, close }) =>
      liveHub().watch({
        person: personOf(actor),
        clusters,
        onViews: (views) => {
          const nowMs = Date.now();
          event('clusters', { serverTime: new Date(nowMs).toISOString(), clusters: present(views, nowMs) });
        },
        onUnavailable: () => event('unavailable', {}),
        onClose: close,
      }),
  });
}

const isSameSet = (a: ClusterSet, b: ClusterSet): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Made once for everybody who watches: a delivery hands the same view to each of them. */
const summaries = new WeakMap<ClusterView, ClusterSummary>();

/** The summary of a view as it was when first asked for; browsers age it. */
export function liveSummary(view: ClusterView, nowMs: number): ClusterSummary {
  const known = summaries.get(view);
  if (known !== undefined) return known;
  const summary = summariseCluster(withInertText(view), nowMs);
  summaries.set(view, summary);
  return summary;
}
