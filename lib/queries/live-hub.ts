/** Live clusters: one read of what changed for everybody who watches, then a call to each watcher. */
import type { ClusterView } from '../domain/topology/model.ts';
import { LIVE_CHANNEL, parseLivePayload } from '../db/ground/channels.ts';
import { webDatabase } from '../db/ground/web-database.ts';
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
  /** `null` = every cluster. */
  slug: string | null;
  onViews: (views: readonly ClusterView[]) => void;
}

export class LiveHub {
  readonly #hub = new WatchHub<ClusterWatcher>({
    what: 'clusters',
    channel: LIVE_CHANNEL,
    perPersonMax: STREAMS_PER_PERSON_MAX,
    gatherMs: GATHER_MS,
    rereadMs: RESYNC_INTERVAL_MS,
    onWatch: ({ slug }) => this.#note(slug === null ? null : [slug]),
    onNotice: (payload) => {
      const changed = payload === null ? '*' : parseLivePayload(payload).clusters;
      this.#note(changed === '*' ? null : changed);
    },
    onReread: () => this.#note(null),
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

  #note(slugs: readonly string[] | null): void {
    if (this.watcherCount === 0) return;
    if (slugs === null) this.#everythingChanged = true;
    else for (const slug of slugs) this.#changed.add(slug);
    this.#hub.changed();
  }

  async #deliver(): Promise<void> {
    const wanted = this.#take();
    if (wanted !== null && wanted.length === 0) return;
    const views = await readViews(wanted, webDatabase());
    for (const watcher of this.#hub.watchers) {
      const seen = watcher.slug === null ? views : views.filter((view) => view.slug === watcher.slug);
      if (seen.length > 0) watcher.onViews(seen);
    }
  }

  /** What to read now: the noted clusters that somebody watches; `null` = all of them. */
  #take(): string[] | null {
    const watched = this.#hub.watchers.map((watcher) => watcher.slug);
    const everything = this.#everythingChanged;
    const changed = [...this.#changed];
    this.#everythingChanged = false;
    this.#changed.clear();
    const watchesAll = watched.includes(null);
    if (everything) return watchesAll ? null : [...new Set(watched.filter((slug) => slug !== null))];
    return watchesAll ? changed : changed.filter((slug) => watched.includes(slug));
  }
}

export const liveHub = (): LiveHub => ofProcess('liveHub', () => new LiveHub());
