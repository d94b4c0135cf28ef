import path from 'node:path';
import { readJsonFile, writeFileIfPossible } from '../journal/atomic-file.ts';

export interface SlotSeen {
  name: string;
  active: boolean;
}

/**
 * Since when each slot has had no consumer. Before PostgreSQL 17 the catalog doesn't tell, so the agent keeps its own record, in the
 * state directory: an agent that restarts must not make an old problem look new.
 */
export class SlotInactivity {
  readonly #file: string;
  #since: Map<string, string>;

  constructor(stateDirectory: string) {
    this.#file = path.join(stateDirectory, 'slots.json');
    const stored = readJsonFile(this.#file);
    const entries = stored !== null && typeof stored === 'object' ? Object.entries(stored as Record<string, unknown>) : [];
    this.#since = new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  }

  /** Takes in what one tick saw. Writes to disk only when a slot went inactive, came back or was dropped. */
  update(slots: readonly SlotSeen[], nowIso: string): void {
    const next = new Map<string, string>();
    for (const slot of slots) if (!slot.active) next.set(slot.name, this.#since.get(slot.name) ?? nowIso);
    const same = next.size === this.#since.size && [...next.keys()].every((name) => this.#since.has(name));
    this.#since = next;
    if (!same) writeFileIfPossible(this.#file, `${JSON.stringify(Object.fromEntries(next))}\n`);
  }

  /** UTC instant, or `null` while active. */
  since(name: string): string | null {
    return this.#since.get(name) ?? null;
  }
}
