/**
 * One run in memory and what is to be written of it: takes up what has ended, asks the machine what is next, makes all of it durable in
 * one commit, and only then lets the effects leave.
 */
import type { VerbEvidence } from '../../lib/agent-contract/verbs.ts';
import { writeAdvance } from '../../lib/db/operations/operations.ts';
import type { Artifact, DrivenOperation, Wishes } from '../../lib/db/operations/operations.ts';
import { followUps, next, resolveAction, retryDelayMs, whatNext } from '../../lib/domain/operation/machine/machine.ts';
import { observedNodes } from '../../lib/domain/operation/machine/observed.ts';
import { isEnded } from '../../lib/domain/operation/model.ts';
import type {
  NextAction,
  ObservedCondition,
  OperationEvent,
  OperationState,
  Plan,
  RecordedEvent,
  Run,
  Step,
  StepAction,
  StepRun,
} from '../../lib/domain/operation/model.ts';
import { commandStep, type Attempt, type AttemptEnd, type Attempts } from './attempts.ts';
import { CANCEL_DEADLINE_MS, CANCEL_STEP, makeCommand, toHand, type SignedOrder } from './agent-step.ts';
import { controllerStep } from './controller-step.ts';
import type { DriveOptions } from './drive-options.ts';
import { measure } from '../../lib/domain/operation/outlook/measure.ts';
import { faultPoint } from './fault-point.ts';
import { emptyAdvance } from './advance.ts';
import { ledgerArtifacts, recordEnd } from './finish.ts';
import type { JournalClock } from './journal-clock.ts';
import { recordTimeline } from './leadership-step.ts';
import { observedStep } from './observed-step.ts';
import { nodeNamed } from './node-named.ts';
import { failed } from './step-outcome.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';

/** A machine that asks for more than this at once is broken; better to stop than to fill the journal. */
const ROUNDS_MAX = 200;
/** Without news, the run is looked at this often. */
const IDLE_MS = 60_000;
/** The expected change mostly comes within this; later it is seen with the steady beat. */
const OBSERVE_OFTEN_MS = 10_000;

export interface RunKeeperOptions extends DriveOptions {
  operation: DrivenOperation;
  plan: Plan;
  clock: JournalClock;
  attempts: Attempts;
  events: RecordedEvent[];
  run: Run;
  /** True once this controller must stop: commands committed and not begun are left to the next one. */
  stopped: () => boolean;
}

/** The next commit, and what is sent after it. */
interface Batch {
  events: RecordedEvent[];
  commands: SignedOrder[];
  artifacts: Artifact[];
  started: Attempt[];
  ended: AttemptEnd[];
  effects: (() => void)[];
  outcome: string | null;
  taken: { cancel: boolean; release: boolean };
}

const newBatch = (): Batch => ({
  events: [],
  commands: [],
  artifacts: [],
  started: [],
  ended: [],
  effects: [],
  outcome: null,
  taken: { cancel: false, release: false },
});

export class RunKeeper {
  readonly #options: RunKeeperOptions;
  readonly #events: RecordedEvent[];
  readonly #failedAt = new Map<string, number>();
  #run: Run;
  #storedState: OperationState;
  #takenWishes = new Set<string>();
  #retryInMs = IDLE_MS;
  /** Nodes whose agents were asked to look often. */
  readonly #observed = new Set<number>();

  constructor(options: RunKeeperOptions) {
    this.#options = options;
    this.#events = [...options.events];
    this.#run = options.run;
    this.#storedState = options.operation.state;
  }

  get run(): Run {
    return this.#run;
  }

  now(): string {
    return this.#options.clock.now();
  }

  /** How long there is nothing to do unless something comes, in milliseconds. */
  idleMs(): number {
    return this.#retryInMs;
  }

  /** The controller that drove it last; `null` = it has not begun. */
  lastDriver(): string | null {
    const driver = this.#events.findLast(({ event }) => event.kind === 'started' || event.kind === 'taken-over')?.event;
    return driver !== undefined && 'controller' in driver ? driver.controller : null;
  }

  /** Folds one more event, to be written by the caller. */
  record(event: OperationEvent): RecordedEvent {
    const recorded: RecordedEvent = { sequence: this.#run.lastSequence + 1, at: this.now(), event };
    this.#run = next(this.#options.plan, this.#run, recorded);
    this.#events.push(recorded);
    return recorded;
  }

  /** The event was written, as it is here: with what the transaction added to it. */
  committed(state: OperationState, written: RecordedEvent): void {
    this.#storedState = state;
    this.#events.splice(-1, 1, written);
  }

  /** From this commit on, its earlier driver can write no more. */
  async takeOver(controller: string): Promise<void> {
    const batch = newBatch();
    batch.events.push(this.record({ kind: 'taken-over', controller }));
    await this.#commit(batch);
  }

  /** Ends it before anything began. */
  async endUnbegun(state: 'cancelled' | 'refused', reason: string): Promise<'ended'> {
    const { pool, operation, log } = this.#options;
    await recordEnd(pool, operation, this.record({ kind: 'ended', state, reason }), { state, reason, measured: null, followUps: [] });
    log.info({ operation: operation.id, kind: operation.kind, state, reason }, 'an operation was not begun');
    return 'ended';
  }

  /** Takes in results and advances as far as they allow. `true`: it has ended. */
  async advance(ends: readonly AttemptEnd[], wishes: Wishes | null): Promise<boolean> {
    await this.reserveOrders();
    const batch = newBatch();
    const stale = ends.filter((end) => !this.#takeUp(end, batch));
    if (wishes !== null) this.#takeWishes(wishes, batch);
    const end = this.#decide(batch);
    await this.#commit(batch);
    for (const { ack } of stale) ack?.failed();
    if (end === null) return false;
    await this.#finish(end);
    return true;
  }

  /** Numbers for what may be ordered next: it is decided at once, without a look at the database. */
  async reserveOrders(): Promise<void> {
    const { fleet, operation, pool, stamps } = this.#options;
    const nodes = fleet.clusters.find(({ id }) => id === operation.clusterId)?.nodes ?? [];
    await stamps.ensure(
      pool,
      nodes.map(({ id }) => id),
    );
  }

  /** `false`: this attempt is not under way any more, and how it ended changes nothing. */
  #takeUp(end: AttemptEnd, batch: Batch): boolean {
    const { step, undo, attempt, outcome, tookMs } = end;
    const state = this.#run.steps.find(({ id }) => id === step);
    if (state?.status !== (undo ? 'undoing' : 'running') || state.attempt !== attempt) return false;
    this.#options.attempts.end(step);
    if (outcome.status === 'done') {
      batch.events.push(this.record({ kind: 'step-done', step, undo, evidence: outcome.evidence, tookMs }));
      if (!undo) batch.artifacts.push(...this.#artifactsOf(step, outcome.evidence));
    } else {
      const { failure, code, reason } = outcome;
      this.#failedAt.set(step, performance.now());
      batch.events.push(this.record({ kind: 'step-failed', step, attempt, undo, failure, code, reason }));
    }
    batch.ended.push(end);
    return true;
  }

  #artifactsOf(id: string, evidence: unknown): Artifact[] {
    const { action } = this.#step(id);
    if (action.by !== 'agent' || action.command.verb !== 'keep-diverged') return [];
    return ledgerArtifacts((evidence as VerbEvidence<'keep-diverged'>).ledger);
  }

  #takeWishes({ cancel, release }: Wishes, batch: Batch): void {
    if (cancel !== null && this.#isNewWish('cancel', cancel.at)) {
      batch.events.push(this.record({ kind: 'cancel-requested', by: cancel.by }));
      batch.taken.cancel = true;
    }
    if (release !== null && this.#isNewWish('release', release.at)) {
      if (this.#run.state === 'held') batch.events.push(this.record({ kind: 'released', by: release.by }));
      batch.taken.release = true;
    }
  }

  /** A wish read before the commit that takes it up may be read once more. */
  #isNewWish(kind: 'cancel' | 'release', at: Date): boolean {
    const key = `${kind} ${at.getTime()}`;
    const isNew = !this.#takenWishes.has(key);
    this.#takenWishes.add(key);
    return isNew;
  }

  /** Asks the machine until it wants to wait. Returns how it ends; `null` = not yet. */
  #decide(batch: Batch): Extract<NextAction, { act: 'end' }> | null {
    const { plan } = this.#options;
    this.#retryInMs = IDLE_MS;
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const actions = whatNext(plan, this.#run).filter((action) => this.#isDue(action));
      if (actions.length === 0) return null;
      for (const action of actions) {
        if (action.act === 'end') return action;
        if (action.act === 'start') this.#start(action, batch);
        else if (action.act === 'skip') batch.events.push(this.record({ kind: 'step-skipped', step: action.step, reason: action.reason }));
        else if (action.act === 'roll-back') this.#rollBack(action.reason, batch);
        else {
          batch.events.push(this.record({ kind: 'held', step: action.step, reason: action.reason }));
          batch.outcome = action.reason;
        }
      }
    }
    throw new Error(`The machine of operation ${this.#options.operation.id} does not come to rest.`);
  }

  #isDue(action: NextAction): boolean {
    if (action.act !== 'start') return true;
    const state = this.#stateOf(action.step);
    const failedAt = state.status === 'failed' || state.status === 'undo-failed' ? this.#failedAt.get(action.step) : undefined;
    if (failedAt === undefined) return true;
    const waitMs = failedAt + retryDelayMs(state.tries) - performance.now();
    if (waitMs <= 0) return true;
    this.#retryInMs = Math.min(this.#retryInMs, waitMs);
    return false;
  }

  #start({ step: id, attempt, undo }: Extract<NextAction, { act: 'start' }>, batch: Batch): void {
    const { plan } = this.#options;
    const key: Attempt = { step: id, undo, attempt };
    batch.events.push(this.record({ kind: 'step-started', ...key }));
    batch.started.push(key);
    try {
      const action = resolveAction(plan, this.#run, id, undo);
      if (action.by === 'agent') this.#order(key, action, batch);
      else batch.effects.push(() => this.#perform(key, action));
    } catch (error) {
      // It can't even be said what to do: nothing left.
      this.#failedAt.set(id, performance.now());
      const reason = `It can’t be done: ${messageOf(error)}`;
      batch.events.push(this.record({ kind: 'step-failed', step: id, attempt, undo, failure: 'no-effect', code: 'not-resolved', reason }));
    }
  }

  #order(key: Attempt, action: Extract<StepAction, { by: 'agent' }>, batch: Batch): void {
    const { attempts, mailbox, plan } = this.#options;
    const { deadlineMs } = this.#step(key.step);
    const { verb, args } = action.command;
    const term = action.term === 'next' ? plan.term + 1 : plan.term;
    const command = this.#command({ step: commandStep(key), attempt: key.attempt, node: action.node, verb, args, term, deadlineMs });
    batch.commands.push(command);
    attempts.expect(key, command);
    batch.effects.push(() => {
      const handed = toHand(command);
      if (handed !== null) mailbox.hand(command.nodeId, handed);
      attempts.watchDeadline(key, deadlineMs);
    });
  }

  #command(
    order: Pick<Parameters<typeof makeCommand>[0], 'step' | 'attempt' | 'verb' | 'args' | 'term' | 'deadlineMs'> & { node: string },
  ): SignedOrder {
    const { fleet, operation, signer, stamps } = this.#options;
    const node = nodeNamed(fleet, operation.clusterId, order.node);
    if (node === null) throw new Error(`${order.node} is not registered in ${operation.cluster} any more.`);
    return makeCommand({ ...order, node, cluster: operation.cluster, operation: operation.id }, signer, stamps.next(node.id));
  }

  /** Starts what this controller does or watches itself, for a new attempt or one of an earlier controller. */
  launch(key: Attempt): void {
    try {
      this.#perform(key, resolveAction(this.#options.plan, this.#run, key.step, key.undo));
    } catch (error) {
      const outcome = failed('no-effect', 'not-resolved', `It can’t be done: ${messageOf(error)}`);
      this.#options.attempts.perform(key, () => Promise.resolve(outcome));
    }
  }

  #perform(key: Attempt, action: StepAction): void {
    const { attempts, pool, leadership, fenceCommand, operation, plan, views, onMoved } = this.#options;
    const { deadlineMs } = this.#step(key.step);
    const run = this.#run;
    attempts.perform(key, async (signal) => {
      if (action.by === 'agent') return failed('no-effect', 'not-sent', 'Its command was never written. It is sent again.');
      if (action.by === 'observation') {
        this.#observeOften(action.condition);
        const watch = { clusterId: operation.clusterId, condition: action.condition, deadlineMs, signal };
        return await observedStep(views, watch);
      }
      const context = { pool, leadership, fenceCommand, operation: operation.id, plan, run, deadlineMs, signal };
      const outcome = await controllerStep(action.action, context);
      if (action.action.do === 'open-term' || action.action.do === 'take-term') void onMoved(operation.clusterId);
      return outcome;
    });
  }

  /** Both ends of a stream have to say that it flows, and a second of waiting for each is long. */
  #observeOften(condition: ObservedCondition): void {
    const { mailbox, fleet, operation } = this.#options;
    for (const name of observedNodes(condition)) {
      const node = nodeNamed(fleet, operation.clusterId, name);
      if (node === null) continue;
      mailbox.observeOften(node.id, OBSERVE_OFTEN_MS);
      this.#observed.add(node.id);
    }
  }

  /** Nobody waits any more: they look once again, and then with the steady beat. */
  #observeAsUsual(): void {
    for (const id of this.#observed) this.#options.mailbox.observeOften(id, 1);
  }

  /** Attempts in progress are ended as far as possible: an undo waits for them. */
  #rollBack(reason: string, batch: Batch): void {
    const { attempts, plan } = this.#options;
    batch.events.push(this.record({ kind: 'rollback-started', reason }));
    attempts.abort();
    for (const state of this.#run.steps) {
      const sent = state.status === 'running' ? attempts.commandOf(state.id) : null;
      const { action } = this.#step(state.id);
      if (sent === null || action.by !== 'agent') continue;
      const term = action.term === 'next' ? plan.term + 1 : plan.term;
      const node = resolveAction(plan, this.#run, state.id);
      if (node.by !== 'agent') continue;
      const order = {
        step: `${CANCEL_STEP}${state.id}`,
        attempt: state.attempt,
        verb: 'cancel' as const,
        args: { command: sent.id },
        term,
      };
      const command = this.#command({ ...order, node: node.node, deadlineMs: CANCEL_DEADLINE_MS });
      batch.commands.push(command);
      batch.effects.push(() => {
        const handed = toHand(command);
        if (handed !== null) this.#options.mailbox.hand(command.nodeId, handed);
      });
    }
  }

  async #commit(batch: Batch): Promise<void> {
    const { pool, operation, stopped, log } = this.#options;
    const { events, commands, artifacts, outcome, taken, started, ended } = batch;
    if (events.length === 0 && !taken.cancel && !taken.release) return;
    const startedAt = performance.now();
    for (const key of started) faultPoint(commandStep(key), 'before');
    const results = ended.flatMap(({ result }) => result ?? []);
    const state = this.#run.state !== this.#storedState && !isEnded(this.#run.state) ? this.#run.state : null;
    await writeAdvance(pool, { ...emptyAdvance(operation.id), events, commands, results, artifacts, state, outcome, taken });
    if (state !== null) this.#storedState = state;
    for (const key of ended) faultPoint(commandStep(key), 'after');
    for (const key of started) faultPoint(commandStep(key), 'sent');
    for (const { ack } of ended) ack?.durable();
    if (!stopped()) for (const effect of batch.effects) effect();
    const tookMs = Math.round((performance.now() - startedAt) * 10) / 10;
    const steps = { ended: ended.map(({ step, tookMs: stepMs }) => [step, stepMs]), started: started.map(commandStep) };
    log.debug({ operation: operation.id, state: this.#run.state, ...steps, commitMs: tookMs }, 'an operation moved on');
  }

  async #finish({ state, reason }: Extract<NextAction, { act: 'end' }>): Promise<void> {
    const { pool, leadership, operation, plan, log, onMoved } = this.#options;
    await recordTimeline(leadership, operation, plan, this.#run, log);
    const open = followUps(plan, this.#run);
    const ended = this.record({ kind: 'ended', state, reason });
    const measured = measure(plan, this.#events);
    await recordEnd(pool, operation, ended, { state, reason, measured, followUps: open });
    log.info({ operation: operation.id, kind: operation.kind, state, reason, measured }, 'an operation has ended');
    await onMoved(operation.clusterId);
    this.#observeAsUsual();
  }

  #step(id: string): Step {
    const step = this.#options.plan.steps.find((one) => one.id === id);
    if (step === undefined) throw new RangeError(`The plan has no step “${id}”.`);
    return step;
  }

  #stateOf(id: string): StepRun {
    const state = this.#run.steps.find((one) => one.id === id);
    if (state === undefined) throw new RangeError(`The run has no step “${id}”.`);
    return state;
  }
}
