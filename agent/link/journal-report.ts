/** Hands the journal to the controller, oldest entry first, from where the controller says that it has it. */
import { JOURNAL_BATCH_ENTRIES_MAX, JournalAccepted } from '../../lib/agent-contract/commands.ts';
import type { JournalBatch } from '../../lib/agent-contract/commands.ts';
import { CONTRACT_VERSION } from '../../lib/agent-contract/primitives.ts';
import type { CommandJournal } from '../journal/command-journal.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import type { Log } from '../log.ts';
import { backoffMs } from './backoff.ts';
import { verdictOn } from './verdict.ts';
import { WakeableSleep } from '../../lib/runtime/wakeable-sleep.ts';

const BATCH_BYTES_MAX = 1024 * 1024;
/** Looked at so often in any case: what the guard writes does not nudge. */
const LOOK_INTERVAL_MS = 5000;
/** A journal that the controller does not want, or an identity that it does not accept. */
const REFUSED_RETRY_MS = 60_000;

export interface JournalReportOptions {
  instanceId: string;
  journal: CommandJournal;
  /** The controller's last known position when the agent ended: counts when the controller does not say. */
  knownThrough: number;
  onAccepted: (through: number) => void;
  /** Posts a JournalBatch. */
  post: (json: string) => Promise<unknown>;
  log: Log;
}

export class JournalReport {
  readonly #options: JournalReportOptions;
  /** `null` = not asked yet. */
  #acceptedThrough: number | null = null;
  #stopped = false;
  #nudged = false;
  readonly #rest = new WakeableSleep();

  constructor(options: JournalReportOptions) {
    this.#options = options;
  }

  nudge(): void {
    this.#nudged = true;
    this.#rest.wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#rest.wake();
  }

  async run(): Promise<void> {
    let failures = 0;
    while (!this.#stopped) {
      try {
        this.#nudged = false;
        const more = await this.#sendOnce();
        failures = 0;
        if (!more) await this.#pause(LOOK_INTERVAL_MS);
      } catch (error) {
        if (this.#stopped) return;
        failures += 1;
        this.#options.log.repeated('journal-not-sent', messageOf(error));
        // A refusal may mean that the controller has another view of the chain: ask again.
        this.#acceptedThrough = null;
        await this.#pause(verdictOn(error) === 'wait' ? backoffMs(failures, Math.random()) : REFUSED_RETRY_MS);
      }
    }
  }

  /** @returns whether there is more to send. */
  async #sendOnce(): Promise<boolean> {
    const { journal, instanceId, post } = this.#options;
    const asking = this.#acceptedThrough === null;
    const entries = asking ? [] : journal.entriesFrom((this.#acceptedThrough ?? 0) + 1, JOURNAL_BATCH_ENTRIES_MAX, BATCH_BYTES_MAX);
    if (!asking && entries.length === 0) return false;
    const batch: JournalBatch = { contractVersion: CONTRACT_VERSION, instanceId, entries };
    const { acceptedThrough } = JournalAccepted.parse(await post(JSON.stringify(batch)));
    const last = entries.at(-1)?.sequence ?? 0;
    if (entries.length > 0 && (acceptedThrough ?? 0) < (entries[0]?.sequence ?? 0))
      throw new Error(`the controller accepted the journal through ${acceptedThrough ?? 'nothing'} only, not through ${last}`);
    // A controller that holds more than there is kept another journal of this node, and records that on its side.
    this.#acceptedThrough = Math.min(acceptedThrough ?? this.#options.knownThrough, journal.head.sequence);
    journal.accepted(this.#acceptedThrough);
    this.#options.onAccepted(this.#acceptedThrough);
    return this.#acceptedThrough < journal.head.sequence;
  }

  async #pause(ms: number): Promise<void> {
    if (this.#stopped || this.#nudged) return;
    await this.#rest.sleep(ms);
  }
}
