/**
 * The attempts of steps that are under way: each ends exactly once, by a result, by what was seen, or by its deadline. What ends one is
 * reported to the drive, which makes it durable.
 */
import type pg from 'pg';
import type { Logger } from 'pino';
import type { CommandResult } from '../../lib/agent-contract/commands.ts';
import { findCommand, resolveCommand } from '../../lib/db/operations/agent-commands.ts';
import type { NewCommand } from '../../lib/db/operations/agent-commands.ts';
import type { CommandMailbox } from '../gateway/command-mailbox.ts';
import { outcomeOf, revoked } from './agent-step.ts';
import { failed } from './step-outcome.ts';
import type { StepOutcome } from './step-outcome.ts';

/** An agent gives up at the deadline; its verdict is worth waiting for. */
const VERDICT_GRACE_MS = 1_000;
const DEADLINE_RETRY_MS = 1_000;
/** After a controller was away, agents are back within a second, with the results that they could not deliver. */
const AGENTS_RETURN_MS = 2_000;

export interface Attempt {
  step: string;
  undo: boolean;
  attempt: number;
}

export interface AttemptEnd extends Attempt {
  outcome: StepOutcome;
  tookMs: number;
  /** A result that is to be stored with the event; `null` = it is stored, or there is none. */
  result: { id: string; result: CommandResult } | null;
  /** Called once it is durable. */
  ack: { durable: () => void; failed: () => void } | null;
}

/** Identifies a command whose result is expected. */
export type SentCommand = Pick<NewCommand, 'id' | 'operation' | 'step' | 'attempt' | 'nodeId' | 'verb'>;

interface Active {
  attempt: Attempt;
  startedAt: number;
  command: SentCommand | null;
  abort: AbortController;
  timer: NodeJS.Timeout | null;
}

/** Step of a command as agents and the database know it. */
export const commandStep = ({ step, undo }: Pick<Attempt, 'step' | 'undo'>): string => (undo ? `undo:${step}` : step);

export class Attempts {
  readonly #options: { pool: pg.Pool; mailbox: CommandMailbox; report: (end: AttemptEnd) => void; log: Logger };
  readonly #active = new Map<string, Active>();

  constructor(options: { pool: pg.Pool; mailbox: CommandMailbox; report: (end: AttemptEnd) => void; log: Logger }) {
    this.#options = options;
  }

  /** Takes results of this command from now on. Called before it is committed, because its result may be there at once. */
  expect(attempt: Attempt, command: SentCommand, agoMs = 0): void {
    const { mailbox, pool } = this.#options;
    const active = this.#add(attempt, command, agoMs);
    const { nodeId, operation, step, verb, id } = command;
    const take = (result: CommandResult): Promise<boolean> =>
      new Promise<boolean>((resolve, reject) => {
        const ack = { durable: () => resolve(true), failed: () => reject(new Error('the drive of this operation has ended')) };
        this.#report(active, outcomeOf(result), { id, result }, ack);
      }).catch(() => resolveCommand(pool, id, result));
    mailbox.expect(id, { nodeId, operation, step, attempt: command.attempt, verb, take });
  }

  /** Its deadline runs from when it was started. `takenOver`: by another controller, so that its agent may have to come back first. */
  watchDeadline(attempt: Attempt, deadlineMs: number, takenOver = false): void {
    const active = this.#active.get(attempt.step);
    if (active === undefined) return;
    const leftMs = deadlineMs + VERDICT_GRACE_MS - (performance.now() - active.startedAt);
    const waitMs = Math.max(takenOver ? AGENTS_RETURN_MS : 0, leftMs);
    active.timer = setTimeout(() => void this.#atDeadline(active, deadlineMs), waitMs);
  }

  /** Work of the controller's own; `work` never throws. */
  perform(attempt: Attempt, work: (signal: AbortSignal) => Promise<StepOutcome>): void {
    const active = this.#add(attempt, null, 0);
    void work(active.abort.signal).then((outcome) => this.#report(active, outcome, null, null));
  }

  /** The command that this attempt waits for; `null` = none. */
  commandOf(step: string): SentCommand | null {
    return this.#active.get(step)?.command ?? null;
  }

  /** Ids of commands whose results may have been stored elsewhere meanwhile. */
  commandIds(): string[] {
    return [...this.#active.values()].flatMap(({ command }) => command?.id ?? []);
  }

  /** The result of this command was stored, perhaps by another controller. Reads it, if it is waited for. */
  async lookAt(commandId: string): Promise<void> {
    const active = [...this.#active.values()].find(({ command }) => command?.id === commandId);
    if (active !== undefined) await this.#readResult(active);
  }

  /** The drive has taken up how it ended. */
  end(step: string): void {
    const active = this.#active.get(step);
    if (active !== undefined) this.#drop(active);
  }

  /** Ends what the controller does itself; commands of agents are cancelled by a command. */
  abort(): void {
    for (const { abort } of this.#active.values()) abort.abort();
  }

  close(): void {
    for (const active of [...this.#active.values()]) this.#drop(active);
  }

  #add(attempt: Attempt, command: SentCommand | null, agoMs: number): Active {
    const active: Active = { attempt, startedAt: performance.now() - agoMs, command, abort: new AbortController(), timer: null };
    this.#active.set(attempt.step, active);
    return active;
  }

  #drop(active: Active): void {
    if (active.timer !== null) clearTimeout(active.timer);
    active.abort.abort();
    if (active.command !== null) this.#options.mailbox.forget(active.command.id);
    if (this.#active.get(active.attempt.step) === active) this.#active.delete(active.attempt.step);
  }

  #report(active: Active, outcome: StepOutcome, result: AttemptEnd['result'], ack: AttemptEnd['ack']): void {
    if (this.#active.get(active.attempt.step) !== active) {
      ack?.failed();
      return;
    }
    this.#options.report({ ...active.attempt, outcome, tookMs: Math.round(performance.now() - active.startedAt), result, ack });
  }

  /** `false`: there is none yet. */
  async #readResult(active: Active): Promise<boolean> {
    if (active.command === null) return false;
    const row = await findCommand(this.#options.pool, active.command.id);
    if (row?.result == null) return false;
    this.#report(active, outcomeOf(row.result), null, null);
    return true;
  }

  async #atDeadline(active: Active, deadlineMs: number): Promise<void> {
    try {
      if (active.command === null || (await this.#readResult(active))) return;
      const reason = `No answer came within ${deadlineMs / 1000} s. It may have been done or not; it is looked at again, never assumed.`;
      this.#report(active, failed('unknown', 'deadline', reason), { id: active.command.id, result: revoked(reason) }, null);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'a step’s deadline has passed, and the database does not answer; trying again');
      if (this.#active.get(active.attempt.step) === active)
        active.timer = setTimeout(() => void this.#atDeadline(active, deadlineMs), DEADLINE_RETRY_MS);
    }
  }
}
