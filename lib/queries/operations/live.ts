/**
 * Live operations: one LISTEN connection for the process, one read of what changed for everybody who watches it. Modules are loaded
 * once for each of Next's bundles, so that the hub hangs on globalThis.
 */
import { readWebConfig } from '../../config/web.ts';
import { OPERATION_CHANNEL } from '../../db/channels.ts';
import { listen } from '../../db/listen.ts';
import type { Listener } from '../../db/listen.ts';
import { findOperation } from '../../db/operation-records.ts';
import type { OperationRecord } from '../../db/operation-records.ts';
import { webDatabase } from '../../db/web-database.ts';
import { isEnded } from '../../domain/operation/model.ts';

/** A person's browsers may hold this many streams of operations together. */
export const OPERATION_STREAMS_PER_PERSON_MAX = 10;
/** Changes are gathered for so long before they are read: a step begins and ends in a few milliseconds. */
const GATHER_MS = 15;
/** The progress of a command notifies nobody, and a notice may be lost: what runs is read this often anyway. */
const REREAD_INTERVAL_MS = 1_000;
/** What stands still (ended, waiting for approval) is read less often. */
const REREAD_IDLE_EVERY = 5;

export interface OperationWatcher {
  person: string;
  id: string;
  onRecord: (record: OperationRecord) => void;
  /** The control database could not be read. Called again with each failed attempt. */
  onUnavailable: () => void;
  onClose: () => void;
}

/** Who watches which run, and the one listener that feeds them. */
export class OperationHub {
  readonly #watchers = new Set<OperationWatcher>();
  readonly #changed = new Set<string>();
  readonly #moving = new Map<string, boolean>();
  #reading = false;
  #gather: NodeJS.Timeout | null = null;
  #reread: NodeJS.Timeout | null = null;
  #rounds = 0;
  #listener: Listener | null = null;
  #closed = false;

  /** Starts a watch, which begins with the present record; `null` when this person holds too many already or the process is ending. */
  watch(watcher: OperationWatcher): (() => void) | null {
    const held = [...this.#watchers].filter((other) => other.person === watcher.person).length;
    if (this.#closed || held >= OPERATION_STREAMS_PER_PERSON_MAX) return null;
    this.#watchers.add(watcher);
    this.#start();
    this.#note([watcher.id]);
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchersOf(watcher.id).length === 0) this.#moving.delete(watcher.id);
    };
  }

  get watcherCount(): number {
    return this.#watchers.size;
  }

  /** Ends every stream and the listener, so that the process can exit. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#reread !== null) clearInterval(this.#reread);
    if (this.#gather !== null) clearTimeout(this.#gather);
    for (const watcher of [...this.#watchers]) watcher.onClose();
    this.#watchers.clear();
    await this.#listener?.stop();
  }

  #start(): void {
    if (this.#listener !== null) return;
    this.#listener = listen(
      readWebConfig().databaseUrl,
      [OPERATION_CHANNEL],
      (notice) => this.#note(notice.kind === 'message' ? [notice.payload] : this.#watchedIds()),
      {
        applicationName: 'farshore web operations',
        onError: (error) => console.error(`[web] Notices of operations: ${error.message}. Reconnecting.`),
      },
    );
    this.#reread = setInterval(() => {
      const all = this.#rounds++ % REREAD_IDLE_EVERY === 0;
      this.#note(this.#watchedIds().filter((id) => all || this.#moving.get(id) === true));
    }, REREAD_INTERVAL_MS);
    this.#reread.unref();
  }

  #watchedIds(): string[] {
    return [...new Set([...this.#watchers].map(({ id }) => id))];
  }

  #watchersOf(id: string): OperationWatcher[] {
    return [...this.#watchers].filter((watcher) => watcher.id === id);
  }

  #note(ids: readonly string[]): void {
    for (const id of ids) if (this.#watchersOf(id).length > 0) this.#changed.add(id);
    if (this.#changed.size > 0) this.#gather ??= setTimeout(() => void this.#deliver(), GATHER_MS);
  }

  async #deliver(): Promise<void> {
    this.#gather = null;
    // The next round picks up what was noted meanwhile: at most one read is under way, however fast notices come.
    if (this.#reading || this.#closed) return;
    const ids = [...this.#changed];
    this.#changed.clear();
    this.#reading = true;
    try {
      for (const id of ids) await this.#deliverOne(id);
    } catch (error) {
      console.error(`[web] Live operations could not be read: ${(error as Error).message}. Trying again.`);
      for (const watcher of [...this.#watchers]) watcher.onUnavailable();
    } finally {
      this.#reading = false;
      if (this.#changed.size > 0) this.#gather ??= setTimeout(() => void this.#deliver(), GATHER_MS);
    }
  }

  async #deliverOne(id: string): Promise<void> {
    const record = await findOperation(webDatabase(), id);
    if (record === null) return;
    this.#moving.set(id, !isEnded(record.state) && record.state !== 'awaiting-approval');
    for (const watcher of this.#watchersOf(id)) watcher.onRecord(record);
  }
}

const slot = Symbol.for('farshore.web.operationHub');

/** The hub of this process. */
export function operationHub(): OperationHub {
  const slots = globalThis as unknown as Record<symbol, OperationHub | undefined>;
  return (slots[slot] ??= new OperationHub());
}
