/** Shares among all live streams of the process: watchers, one LISTEN connection, and one read at a time of what has changed. */
import { readWebConfig } from '../config/web.ts';
import { listen } from '../db/ground/listen.ts';
import type { Listener } from '../db/ground/listen.ts';

export interface Watcher {
  /** The person it counts for. */
  person: string;
  /** The control database could not be read. Called again with each failed attempt. */
  onUnavailable: () => void;
  onClose: () => void;
}

export interface WatchHubOptions<W extends Watcher> {
  /** As in “Live clusters could not be read”. */
  what: string;
  channel: string;
  /** A person's browsers may hold this many streams together. */
  perPersonMax: number;
  /** Changes are gathered for so long before they are read, in milliseconds. */
  gatherMs: number;
  /** A notice may be lost: `onReread` is called this often anyway, in milliseconds. */
  rereadMs: number;
  onWatch: (watcher: W) => void;
  /** The last notice of the channel; `null`: some may have been missed. */
  onNotice: (payload: string | null) => void;
  onReread: () => void;
  hasChanges: () => boolean;
  /** Reads what has changed and tells those who watch it. */
  deliver: () => Promise<void>;
}

export class WatchHub<W extends Watcher> {
  readonly #options: WatchHubOptions<W>;
  readonly #watchers = new Set<W>();
  #reading = false;
  #gather: NodeJS.Timeout | null = null;
  #reread: NodeJS.Timeout | null = null;
  #listener: Listener | null = null;
  #closed = false;

  constructor(options: WatchHubOptions<W>) {
    this.#options = options;
  }

  /** Those who watch now; the list may be walked while some leave. */
  get watchers(): W[] {
    return [...this.#watchers];
  }

  /** Starts a watch; `null` when this person holds too many already or the process is ending. */
  watch(watcher: W): (() => void) | null {
    const held = this.watchers.filter((other) => other.person === watcher.person).length;
    if (this.#closed || held >= this.#options.perPersonMax) return null;
    this.#watchers.add(watcher);
    this.#start();
    this.#options.onWatch(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Something has changed: it is read soon. */
  changed(): void {
    if (!this.#closed) this.#gather ??= setTimeout(() => void this.#deliver(), this.#options.gatherMs);
  }

  /** Tells them that the control database could not be read. */
  failed(error: unknown, watchers: readonly W[]): void {
    console.error(`[web] Live ${this.#options.what} could not be read: ${(error as Error).message}. Trying again.`);
    for (const watcher of watchers) watcher.onUnavailable();
  }

  /** Ends every stream and the listener, so that the process can exit. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#reread !== null) clearInterval(this.#reread);
    if (this.#gather !== null) clearTimeout(this.#gather);
    for (const watcher of this.watchers) watcher.onClose();
    this.#watchers.clear();
    await this.#listener?.stop();
  }

  #start(): void {
    if (this.#listener !== null) return;
    const { what, channel, rereadMs, onNotice, onReread } = this.#options;
    this.#listener = listen(
      readWebConfig().databaseUrl,
      [channel],
      (notice) => onNotice(notice.kind === 'message' ? notice.payload : null),
      {
        applicationName: `farshore web ${what}`,
        onError: (error) => console.error(`[web] Notices of ${what}: ${error.message}. Reconnecting.`),
      },
    );
    this.#reread = setInterval(onReread, rereadMs);
    this.#reread.unref();
  }

  async #deliver(): Promise<void> {
    this.#gather = null;
    // The next round picks up what was noted meanwhile: at most one read is under way, however fast notices come.
    if (this.#reading || this.#closed) return;
    this.#reading = true;
    try {
      await this.#options.deliver();
    } catch (error) {
      this.failed(error, this.watchers);
    } finally {
      this.#reading = false;
      if (this.#options.hasChanges()) this.changed();
    }
  }
}

/** The hub of this process. Modules are loaded once for each of Next's bundles, so that it hangs on globalThis. */
export function ofProcess<T>(name: string, make: () => T): T {
  const slots = globalThis as unknown as Record<symbol, T | undefined>;
  return (slots[Symbol.for(`farshore.web.${name}`)] ??= make());
}
