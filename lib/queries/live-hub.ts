/**
 * Live clusters: one LISTEN connection for the process, one read of what changed for everybody who watches, then a call to each
 * watcher. Modules are loaded once for each of Next's bundles, so that the hub hangs on globalThis.
 */
import type { ClusterView } from '../domain/topology/model.ts';
import { LIVE_CHANNEL, parseLivePayload } from '../db/channels.ts';
import { listen } from '../db/listen.ts';
import type { Listener } from '../db/listen.ts';
import { webDatabase } from '../db/web-database.ts';
import { readWebConfig } from '../config/web.ts';
import { readViews } from './clusters.ts';

/** A person's browsers may hold this many streams together. */
export const STREAMS_PER_PERSON_MAX = 10;
/** Changes are gathered for so long before they are read: many clusters commit within one tick. */
const GATHER_MS = 20;
/** If no notice came for so long, everything watched is read anyway: a lost notice costs seconds, not the truth. */
const RESYNC_INTERVAL_MS = 5_000;

interface Watcher {
  person: string;
  /** `null` = every cluster. */
  slug: string | null;
  onViews: (views: readonly ClusterView[]) => void;
  /** The control database could not be read. Called again with each failed attempt. */
  onUnavailable: () => void;
  onClose: () => void;
}

/** Who watches what, and the one listener that feeds them. */
export class LiveHub {
  readonly #watchers = new Set<Watcher>();
  readonly #changed = new Set<string>();
  #everythingChanged = false;
  #reading = false;
  #gather: NodeJS.Timeout | null = null;
  #resync: NodeJS.Timeout | null = null;
  #listener: Listener | null = null;
  #closed = false;

  /** Starts a watch; `null` when this person holds too many already or the process is ending. */
  watch(watcher: Watcher): (() => void) | null {
    const held = [...this.#watchers].filter((other) => other.person === watcher.person).length;
    if (this.#closed || held >= STREAMS_PER_PERSON_MAX) return null;
    this.#watchers.add(watcher);
    this.#start();
    this.#note(watcher.slug === null ? null : [watcher.slug]);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  get watcherCount(): number {
    return this.#watchers.size;
  }

  /** Ends every stream and the listener, so that the process can exit. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#resync !== null) clearInterval(this.#resync);
    if (this.#gather !== null) clearTimeout(this.#gather);
    for (const watcher of [...this.#watchers]) watcher.onClose();
    this.#watchers.clear();
    await this.#listener?.stop();
  }

  #start(): void {
    if (this.#listener !== null) return;
    this.#listener = listen(
      readWebConfig().databaseUrl,
      [LIVE_CHANNEL],
      (notice) => {
        const changed = notice.kind === 'message' ? parseLivePayload(notice.payload).clusters : '*';
        this.#note(changed === '*' ? null : changed);
      },
      { applicationName: 'farshore web listen', onError: (error) => console.error(`[web] Live notices: ${error.message}. Reconnecting.`) },
    );
    this.#resync = setInterval(() => this.#note(null), RESYNC_INTERVAL_MS);
    this.#resync.unref();
  }

  #note(slugs: readonly string[] | null): void {
    if (this.#watchers.size === 0) return;
    if (slugs === null) this.#everythingChanged = true;
    else for (const slug of slugs) this.#changed.add(slug);
    this.#gather ??= setTimeout(() => void this.#deliver(), GATHER_MS);
  }

  async #deliver(): Promise<void> {
    this.#gather = null;
    // The next round picks up what was noted meanwhile: at most one read is under way, however fast notices come.
    if (this.#reading || this.#closed) return;
    const wanted = this.#take();
    if (wanted !== null && wanted.length === 0) return;
    this.#reading = true;
    try {
      const views = await readViews(wanted, webDatabase());
      for (const watcher of [...this.#watchers]) {
        const seen = watcher.slug === null ? views : views.filter((view) => view.slug === watcher.slug);
        if (seen.length > 0) watcher.onViews(seen);
      }
    } catch (error) {
      console.error(`[web] Live clusters could not be read: ${(error as Error).message}. Trying again.`);
      for (const watcher of [...this.#watchers]) watcher.onUnavailable();
    } finally {
      this.#reading = false;
      if (this.#everythingChanged || this.#changed.size > 0) this.#gather ??= setTimeout(() => void this.#deliver(), GATHER_MS);
    }
  }

  /** What to read now: the noted clusters that somebody watches; `null` = all of them. */
  #take(): string[] | null {
    const watched = [...this.#watchers].map((watcher) => watcher.slug);
    const everything = this.#everythingChanged;
    const changed = [...this.#changed];
    this.#everythingChanged = false;
    this.#changed.clear();
    const watchesAll = watched.includes(null);
    if (everything) return watchesAll ? null : [...new Set(watched.filter((slug) => slug !== null))];
    return watchesAll ? changed : changed.filter((slug) => watched.includes(slug));
  }
}

const slot = Symbol.for('farshore.web.liveHub');

/** The hub of this process. */
export function liveHub(): LiveHub {
  const slots = globalThis as unknown as Record<symbol, LiveHub | undefined>;
  return (slots[slot] ??= new LiveHub());
}
