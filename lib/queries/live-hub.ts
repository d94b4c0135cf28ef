/** Live clusters: one read of what changed for everybody who watches, then a call to each watcher. */
import type { ClusterView } from '../domain/topology/model.ts';
import { LIVE_CHANNEL, parseLivePayload } from '../db/ground/channels.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import { includesCluster } from '../domain/policy/permissions.ts';
import type { ClusterSet } from '../domain/policy/permissions.ts';
import { readViews } from './clusters.ts';
import { WatchHub, ofProcess } from './watch-hub.ts';
import type { Watcher } from './watch-hub.ts';

/** A person's browsers may hold this many streams together. */
export const STREAMS_PER_PERSON_MAX = 10;
/** Many clusters commit within one tick. */
const GATHER_MS = 20;
/** If no notice came for so long, everything watched is read anyway: a lost notice costs seconds, not the truth. */
const RESYNC_INTERVAL_MS = 5_000;

interface ClusterWatcher extends Watcher {
  /** Clusters that it may read, and wants. */
  clusters: ClusterSet;
  onViews: (views: readonly ClusterView[]) => void;
}

export class LiveHub {
  readonly #hub = new WatchHub<ClusterWatcher>({
    what: 'clusters',
    channel: LIVE_CHANNEL,
    perPersonMax: STREAMS_PER_PERSON_MAX,
    gatherMs: GATHER_MS,
    rereadMs: RESYNC_INTERVAL_MS,
    onWatch: ({ clusters }) => this.#note(clusters),
    onNotice: (payload) => {
      const changed = payload === null ? '*' : parseLivePayload(payload).clusters;
      this.#note(changed === '*' ? 'every' : changed);
    },
    onReread: () => this.#note('every'),
    hasChanges: () => this.#everythingChanged || this.#changed.size > 0,
    deliver: () => this.#deliver(),
  });
  readonly #changed = new Set<string>();
  #everythingChanged = false;

  watch(watcher: ClusterWatcher): (() => void) | null {
    return this.#hub.watch(watcher);
  }

  get watcherCount(): number {
    return this.#hub.watchers.length;
  }

  close(): Promise<void> {
    return this.#hub.close();
  }

  #note(clusters: ClusterSet): void {
    if (this.watcherCount === 0) return;
    if (clusters === 'every') this.#everythingChanged = true;
    else for (const slug of clusters) this.#changed.add(slug);
    this.#hub.changed();
  }

  async #deliver(): Promise<void> {
    const wanted = this.#take();
    if (wanted.length === 0) return;
    const views = await readViews(wanted, webDatabase());
    for (const watcher of this.#hub.watchers) {
      const seen = views.filter((view) => includesCluster(watcher.clusters, view.slug));
      if (seen.length > 0) watcher.onViews(seen);
    }
  }

  /** The changed clusters that are watched. */
  #take(): ClusterSet {
    const watched = this.#hub.watchers.map(({ clusters }) => clusters);
    const everything = this.#everythingChanged;
    const changed = [...this.#changed];
    this.#everythingChanged = false;
    this.#changed.clear();
    if (!everything) return changed.filter((slug) => watched.some((clusters) => includesCluster(clusters, slug)));
    return watched.includes('every') ? 'every' : [...new Set(watched.flatMap((clusters) => (clusters === 'every' ? [] : clusters)))];
  }
}

export const liveHub = (): LiveHub => ofProcess('liveHub', () => new LiveHub());
