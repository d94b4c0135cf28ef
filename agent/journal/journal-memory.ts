/** Keeps what the agent has to know of its journal at any time: the commands, their nonces, the last leadership. */
import type { JournalRecord } from '../../lib/agent-contract/commands.ts';
import { looksOnly } from '../../lib/agent-contract/verbs.ts';

/** Commands remembered for repetition. Older ones have expired long ago. */
const COMMANDS_MAX = 5000;

/** Where a line lies, so that what is large need not stay in memory. */
export interface Place {
  segment: number;
  offset: number;
  bytes: number;
}

/** A command that this agent has taken up or refused. */
export interface KnownCommand {
  key: string;
  command: string;
  operation: string | null;
  step: string;
  attempt: number;
  verb: string | null;
  argsHash: string | null;
  sequence: number;
  /** `null`: started, and no end was written. */
  ended: Place | null;
}

/** Facts from earlier entries that a start needs although it does not read them. */
export interface Carried {
  leadership: { sequence: number; leadership: unknown } | null;
  newestIssuedAt: string | null;
  /** Commands that had been started and had not ended. */
  open: KnownCommand[];
}

const KINDS_OF_END: ReadonlySet<JournalRecord['kind']> = new Set(['done', 'failed', 'refused']);

/** By what a command is known to be the same: its place in an operation, or, outside of one, its own id. */
export const commandKey = (command: { id: string; operation: string | null; step: string; attempt: number }): string =>
  command.operation === null ? command.id : `${command.operation}/${command.step}/${command.attempt}`;

export class JournalMemory {
  readonly #commands = new Map<string, KnownCommand>();
  readonly #nonces = new Set<string>();
  #newestIssuedAt: string | null = null;
  #lastLeadership: { sequence: number; leadership: unknown } | null = null;

  get lastLeadership(): { sequence: number; leadership: unknown } | null {
    return this.#lastLeadership;
  }

  get newestIssuedAt(): string | null {
    return this.#newestIssuedAt;
  }

  command(key: string): KnownCommand | null {
    return this.#commands.get(key) ?? null;
  }

  commands(): Iterable<KnownCommand> {
    return this.#commands.values();
  }

  nonceSeen(nonce: string): boolean {
    return this.#nonces.has(nonce);
  }

  /** For the first line of the next segment. */
  carried(): Carried {
    const open = [...this.#commands.values()].filter(({ ended }) => ended === null);
    return { leadership: this.#lastLeadership, newestIssuedAt: this.#newestIssuedAt, open };
  }

  /** Takes over the state left by the entries before the first that is read. */
  takeUp({ leadership, newestIssuedAt, open }: Carried): void {
    this.#lastLeadership = leadership;
    this.#newestIssuedAt = newestIssuedAt;
    for (const command of open) this.#commands.set(command.key, command);
  }

  take(sequence: number, record: JournalRecord, place: Place): void {
    const detail = record.detail as { leadership?: unknown; argsHash?: string; issuedAt?: string } | null;
    const issuedAt = looksOnly(record.verb ?? '') ? undefined : detail?.issuedAt;
    if (issuedAt !== undefined && (this.#newestIssuedAt === null || issuedAt > this.#newestIssuedAt)) this.#newestIssuedAt = issuedAt;
    if (detail?.leadership !== undefined) this.#lastLeadership = { sequence, leadership: detail.leadership };
    if (record.nonce !== null) this.#remember(record.nonce);
    if (record.command === null || record.step === null || record.attempt === null) return;
    const { command, operation, step, attempt, verb } = record;
    const key = commandKey({ id: command, operation, step, attempt });
    const ended = KINDS_OF_END.has(record.kind) ? place : null;
    if (record.kind !== 'started' && ended === null) return;
    const before = this.#commands.get(key);
    const argsHash = detail?.argsHash ?? before?.argsHash ?? null;
    this.#commands.delete(key);
    this.#commands.set(key, { key, command, operation, step, attempt, verb, argsHash, sequence, ended });
    for (const oldest of this.#commands.keys()) {
      if (this.#commands.size <= COMMANDS_MAX) break;
      this.#commands.delete(oldest);
    }
  }

  #remember(nonce: string): void {
    this.#nonces.add(nonce);
    for (const oldest of this.#nonces) {
      if (this.#nonces.size <= COMMANDS_MAX) break;
      this.#nonces.delete(oldest);
    }
  }
}
