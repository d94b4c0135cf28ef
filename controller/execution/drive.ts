/**
 * Drives one operation from its request to its end. The journal is the truth: every event is folded by the same function live and on
 * replay, is committed before the effect that it announces leaves, and after any doubt about a commit the journal is read again.
 */
import { commandsOf } from '../../lib/db/operations/agent-commands.ts';
import { JournalTaken, loadDriven, loadEvents, readWishes } from '../../lib/db/operations/operations.ts';
import type { DrivenOperation, Wishes } from '../../lib/db/operations/operations.ts';
import { claimOf } from '../../lib/domain/operation/checks/checks.ts';
import type { Claim } from '../../lib/domain/operation/lanes.ts';
import { replay } from '../../lib/domain/operation/machine/machine.ts';
import { isEnded } from '../../lib/domain/operation/model.ts';
import type { Plan } from '../../lib/domain/operation/model.ts';
import { APPROVAL_LIFE_MS, judgeApprovals, judgeStart } from './admission.ts';
import { Attempts, commandStep } from './attempts.ts';
import type { AttemptEnd } from './attempts.ts';
import { outcomeOf } from './agent-step.ts';
import type { DriveOptions } from './drive-options.ts';
import { recordStart } from './finish.ts';
import { openJournalClock } from './journal-clock.ts';
import { RunKeeper } from './run-keeper.ts';
import { cancelMaker } from './take-over.ts';
import { WakeableSleep } from '../../lib/runtime/wakeable-sleep.ts';

/** After a commit whose outcome is unknown, or any fault. */
const REOPEN_AFTER_MS = 300;
const REOPEN_AFTER_MAX_MS = 5_000;
/** Several events come with one notice each; wishes are read once for all of them. */
const WISHES_AFTER_MS = 30;
const WISHES_RETRY_MS = 1_000;
const JUDGE_AGAIN_MS = 500;
/** A picture that can be judged comes within this, or the operation is refused. Longer than a new leader waits for those it has not heard. */
const JUDGE_FOR_MS = 20_000;

/** `taken`: another controller drives it. */
export type DriveEnd = 'ended' | 'stopped' | 'taken';

export class Drive {
  readonly operation: string;
  readonly #options: DriveOptions;
  readonly #attempts: Attempts;
  #inbox: AttemptEnd[] = [];
  #wishes: Wishes | null = null;
  #wishesTimer: NodeJS.Timeout | null = null;
  #stopped = false;
  readonly #rest = new WakeableSleep();
  #clusterId: number | null = null;
  #claim: Claim | null = null;
  #begun = false;

  constructor(operation: string, options: DriveOptions) {
    this.operation = operation;
    this.#options = options;
    const { pool, mailbox, log } = options;
    this.#attempts = new Attempts({ pool, mailbox, log, report: (end) => this.#receive(end) });
  }

  /** `null` while it waits for approval or for its start. */
  get occupies(): ({ clusterId: number } & Claim) | null {
    return this.#begun && this.#clusterId !== null && this.#claim !== null ? { clusterId: this.#clusterId, ...this.#claim } : null;
  }

  /** Drives until the end, or until stopped. Never throws. */
  async run(): Promise<DriveEnd> {
    let waitMs = REOPEN_AFTER_MS;
    while (!this.#stopped) {
      const openedAt = performance.now();
      try {
        const end = await this.#drive();
        this.#close();
        return end;
      } catch (error) {
        this.#close();
        if (error instanceof JournalTaken) return this.#stopped ? 'stopped' : 'taken';
        this.#options.log.warn({ err: error, operation: this.operation }, 'an operation could not be driven on; its journal is read again');
        waitMs = performance.now() - openedAt > REOPEN_AFTER_MAX_MS ? REOPEN_AFTER_MS : Math.min(waitMs * 2, REOPEN_AFTER_MAX_MS);
        await this.#pause(waitMs);
      }
    }
    return 'stopped';
  }

  /** Ends at once; agents continue commands in progress, and the next leader finds them. */
  stop(): void {
    this.#stopped = true;
    this.#close();
    this.#rest.wake();
  }

  /** Somebody decided or wished something, or this drive itself has written: read it soon, beside the way of the run. */
  noticed(afterMs = WISHES_AFTER_MS): void {
    this.#wishesTimer ??= setTimeout(() => {
      this.#wishesTimer = null;
      void this.#readWishes();
    }, afterMs);
  }

  /** A result was stored, perhaps by another controller. */
  commandDone(commandId: string): void {
    this.#attempts
      .lookAt(commandId)
      .catch((error: unknown) => this.#options.log.warn({ err: error, commandId }, 'a result could not be read; its deadline looks again'));
  }

  /** Notices may have been missed. */
  lookAgain(): void {
    this.noticed();
    for (const id of this.#attempts.commandIds()) this.commandDone(id);
  }

  async #drive(): Promise<DriveEnd> {
    const { pool } = this.#options;
    const operation = await loadDriven(pool, this.operation);
    if (operation === null || isEnded(operation.state)) return 'ended';
    this.#clusterId = operation.clusterId;
    const plan = JSON.parse(operation.plan) as Plan;
    this.#claim = claimOf(plan);
    const clock = await openJournalClock(pool);
    const events = await loadEvents(pool, this.operation);
    const keeper = new RunKeeper({
      ...this.#options,
      operation,
      plan,
      clock,
      attempts: this.#attempts,
      stopped: () => this.#stopped,
      events,
      run: replay(plan, events),
    });
    if (events.length === 0) {
      const admitted = await this.#admit(operation, plan, keeper);
      if (admitted !== 'admitted') return admitted;
    } else await this.#takeOver(keeper, plan);
    this.#begun = true;
    this.noticed();
    return await this.#loop(keeper);
  }

  async #loop(keeper: RunKeeper): Promise<DriveEnd> {
    for (;;) {
      if (this.#stopped) return 'stopped';
      const wishes = this.#wishes;
      this.#wishes = null;
      // Another operation took it over: its journal has its end.
      if (wishes !== null && isEnded(wishes.state)) return 'ended';
      const ends = this.#inbox;
      this.#inbox = [];
      try {
        if (await keeper.advance(ends, wishes)) return 'ended';
      } catch (error) {
        for (const { ack } of ends) ack?.failed();
        throw error;
      }
      if (this.#inbox.length === 0 && this.#wishes === null) await this.#pause(keeper.idleMs());
    }
  }

  /** Waits for approval, then judges whether it may begin, and records that it does. */
  async #admit(operation: DrivenOperation, plan: Plan, keeper: RunKeeper): Promise<DriveEnd | 'admitted'> {
    const { pool, views, log } = this.#options;
    let judgeUntil = performance.now() + JUDGE_FOR_MS;
    for (let approved = operation.state !== 'awaiting-approval'; !this.#stopped;) {
      const wishes = await readWishes(pool, this.operation);
      if (wishes === null || isEnded(wishes.state)) return 'ended';
      if (wishes.cancel !== null) return await keeper.endUnbegun('cancelled', `Cancelled by ${wishes.cancel.by} before it began.`);
      const nowMs = Date.now();
      const admission = approved ? await judgeStart(pool, operation, plan, nowMs, views) : await judgeApprovals(pool, operation, nowMs);
      if (admission.verdict === 'refused') return await keeper.endUnbegun('refused', admission.sentences.join(' '));
      if (admission.verdict === 'wait') {
        if (approved && performance.now() > judgeUntil) return await keeper.endUnbegun('refused', admission.sentences.join(' '));
        const expiresInMs = operation.requestedAt.getTime() + APPROVAL_LIFE_MS - nowMs;
        await this.#pause(approved ? JUDGE_AGAIN_MS : Math.max(1_000, Math.min(expiresInMs + 1_000, 60 * 60_000)));
      } else if (!approved) {
        approved = true;
        judgeUntil = performance.now() + JUDGE_FOR_MS;
      } else {
        if (admission.takes.length > 0) await keeper.reserveOrders();
        const started = keeper.record({ kind: 'started', controller: this.#options.controller });
        const occupies = { claim: claimOf(plan), takes: admission.takes, makeCancel: cancelMaker(this.#options) };
        // One that began in the same moment is refused by the database: the journal is read again, and this is judged again.
        keeper.committed('running', await recordStart(pool, operation, plan, started, occupies));
        log.info({ operation: operation.id, kind: operation.kind, cluster: operation.cluster }, 'an operation began');
        return 'admitted';
      }
    }
    return 'stopped';
  }

  /** Records this controller as the driver, and picks up the running steps: their commands tell how far they are. */
  async #takeOver(keeper: RunKeeper, plan: Plan): Promise<void> {
    const { pool, controller, log } = this.#options;
    const last = keeper.lastDriver();
    await keeper.takeOver(controller);
    if (last !== controller) log.info({ operation: this.operation, before: last }, 'continuing an operation that another controller began');
    const commands = await commandsOf(pool, this.operation);
    for (const state of keeper.run.steps) {
      if (state.status !== 'running' && state.status !== 'undoing') continue;
      const attempt = { step: state.id, undo: state.status === 'undoing', attempt: state.attempt };
      const step = plan.steps.find(({ id }) => id === state.id);
      const command = commands.find((row) => row.step === commandStep(attempt) && row.attempt === state.attempt);
      if (step === undefined) continue;
      if (command === undefined) keeper.launch(attempt);
      else {
        const agoMs = state.startedAt === null ? 0 : Math.max(0, Date.parse(keeper.now()) - Date.parse(state.startedAt));
        this.#attempts.expect(attempt, command, agoMs);
        if (command.result === null) this.#attempts.watchDeadline(attempt, step.deadlineMs, true);
        else this.#receive({ ...attempt, outcome: outcomeOf(command.result), tookMs: agoMs, result: null, ack: null });
      }
    }
    // Committed commands that were not handed out are fetched by the agents' next polls.
  }

  #receive(end: AttemptEnd): void {
    if (this.#stopped) {
      end.ack?.failed();
      return;
    }
    this.#inbox.push(end);
    this.#rest.wake();
  }

  async #readWishes(): Promise<void> {
    if (this.#stopped) return;
    try {
      this.#wishes = await readWishes(this.#options.pool, this.operation);
    } catch (error) {
      this.#options.log.debug({ err: error }, 'wishes could not be read; trying again');
      if (!this.#stopped) this.noticed(WISHES_RETRY_MS);
    }
    this.#rest.wake();
  }

  #close(): void {
    this.#attempts.close();
    for (const { ack } of this.#inbox) ack?.failed();
    this.#inbox = [];
    this.#wishes = null;
    if (this.#wishesTimer !== null) clearTimeout(this.#wishesTimer);
    this.#wishesTimer = null;
  }

  /** Until something came, or for `ms`. */
  async #pause(ms: number): Promise<void> {
    if (this.#stopped) return;
    await this.#rest.sleep(ms);
  }
}
