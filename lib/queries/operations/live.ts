/** Live operations: one read of what changed for everybody who watches it. */
import { OPERATION_CHANNEL } from '../../db/ground/channels.ts';
import { findOperation } from '../../db/operations/operation-records.ts';
import type { OperationRecord } from '../../db/operations/operation-records.ts';
import { webDatabase } from '../../db/ground/web-database.ts';
import { isEnded } from '../../domain/operation/model.ts';
import { WatchHub, ofProcess } from '../watch-hub.ts';
import type { Watcher } from '../watch-hub.ts';

/** A person's browsers may hold this many streams of operations together. */
export const OPERATION_STREAMS_PER_PERSON_MAX = 10;
/** A step begins and ends in a few milliseconds. */
const GATHER_MS = 15;
/** The progress of a command notifies nobody, and a notice may be lost: what runs is read this often anyway. */
const REREAD_INTERVAL_MS = 1_000;
/** Runs that stand still (ended, waiting for approval) are read less often. */
const REREAD_IDLE_EVERY = 5;

export interface OperationWatcher extends Watcher {
  id: string;
  onRecord: (record: OperationRecord) => void;
}

export class OperationHub {
  readonly #hub = new WatchHub<OperationWatcher>({
    what: 'operations',
    channel: OPERATION_CHANNEL,
    perPersonMax: OPERATION_STREAMS_PER_PERSON_MAX,
    gatherMs: GATHER_MS,
    rereadMs: REREAD_INTERVAL_MS,
    onWatch: ({ id }) => this.#note([id]),
    onNotice: (id) => this.#note(id === null ? this.#watchedIds() : [id]),
    onReread: () => this.#reread(),
    hasChanges: () => this.#changed.size > 0,
    deliver: () => this.#deliver(),
  });
  readonly #changed = new Set<string>();
  readonly #moving = new Map<string, boolean>();
  #rounds = 0;

  /** Starts a watch, which begins with the present record; `null` when this person holds too many already or the process is ending. */
  watch(watcher: OperationWatcher): (() => void) | null {
    const leave = this.#hub.watch(watcher);
    if (leave === null) return null;
    return () => {
      leave();
      if (this.#watchersOf(watcher.id).length === 0) this.#moving.delete(watcher.id);
    };
  }

  get watcherCount(): number {
    return this.#hub.watchers.length;
  }

  close(): Promise<void> {
    return this.#hub.close();
  }

  #reread(): void {
    const all = this.#rounds++ % REREAD_IDLE_EVERY === 0;
    this.#note(this.#watchedIds().filter((id) => all || this.#moving.get(id) === true));
  }

  #watchedIds(): string[] {
    return [...new Set(this.#hub.watchers.map(({ id }) => id))];
  }

  #watchersOf(id: string): OperationWatcher[] {
    return this.#hub.watchers.filter((watcher) => watcher.id === id);
  }

  #note(ids: readonly string[]): void {
    for (const id of ids) if (this.#watchersOf(id).length > 0) this.#changed.add(id);
    if (this.#changed.size > 0) this.#hub.changed();
  }

  async #deliver(): Promise<void> {
    const ids = [...this.#changed];
    this.#changed.clear();
    for (const id of ids) {
      // One that can't be read or shown keeps nobody else from what they watch.
      await this.#deliverOne(id).catch((error: unknown) => this.#hub.failed(error, this.#watchersOf(id)));
    }
  }

  async #deliverOne(id: string): Promise<void> {
    const record = await findOperation(webDatabase(), id);
    if (record === null) return;
    this.#moving.set(id, !isEnded(record.state) && record.state !== 'awaiting-approval');
    for (const watcher of this.#watchersOf(id)) watcher.onRecord(record);
  }
}

export const operationHub = (): OperationHub => ofProcess('operationHub', () => new OperationHub());
