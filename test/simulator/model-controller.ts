/**
 * The controller in the simulator: the real machine (lib/domain/operation) over a model of the control database. The journal, the
 * commands and the leadership record are durable; a crash loses the rest, and the next life continues from the journal.
 */
import { whyNotReceived } from '../../lib/domain/operation/machine/resolve.ts';
import { next, replay, beginRun, resolveAction, whatNext, retryDelayMs } from '../../lib/domain/operation/machine/machine.ts';
import type { NextAction, OperationEvent, Plan, RecordedEvent, Run, Step, StepAction } from '../../lib/domain/operation/model.ts';
import { isEnded } from '../../lib/domain/operation/model.ts';
import { ENVELOPE_LIFE_MAX_MS } from '../../lib/agent-contract/commands.ts';
import type { CommandResult } from '../../lib/agent-contract/commands.ts';
import type { VersionedLeadership } from '../../lib/domain/leadership/store.ts';
import { whyNotSucceed } from '../../lib/domain/leadership/store.ts';
import type { Bug } from './bugs.ts';
import { nodeUuid, simulatedAt } from './model-agent.ts';
import type { Chance } from './random.ts';
import type { Schedule } from './schedule.ts';

export interface CommandRow {
  id: string;
  step: string;
  attempt: number;
  undo: boolean;
  node: string;
  payload: string;
  result: CommandResult | null;
  /** Given up: it is not delivered any more, and a late result is not used. */
  revoked: boolean;
}

export interface ControllerGround {
  schedule: Schedule;
  chance: Chance;
  plan: Plan;
  clusterSlug: string;
  bug: Bug | null;
  mayCrash: (where: string) => boolean;
  /** The condition of an observation step, or `null` for a condition that the model has not. */
  isSeen: (step: Step, action: Extract<StepAction, { by: 'observation' }>) => boolean;
  choose: (run: Run) => string | null;
  fenceByCommand: (node: string) => void;
  /** This command was given up before it was answered. A third party that caught it may still replay it. */
  givenUp: (row: CommandRow) => void;
  /** Something waits for this node. */
  wake: (node: string) => void;
}

const OPERATION = '00000000-0000-4000-8000-0000000000aa';
const OBSERVE_EVERY_MS = 15;

export class ModelController {
  readonly events: RecordedEvent[] = [];
  readonly commands = new Map<string, CommandRow>();
  leadership: VersionedLeadership;
  alive = true;
  readonly #ground: ControllerGround;
  #life = 0;
  #run: Run;
  #ids = 0;
  readonly #timed = new Set<string>();

  constructor(ground: ControllerGround, leadership: VersionedLeadership) {
    this.#ground = ground;
    this.leadership = leadership;
    this.#run = beginRun(ground.plan);
  }

  get run(): Run {
    return this.#run;
  }

  crash(): void {
    this.alive = false;
    this.#life += 1;
    this.#timed.clear();
  }

  restart(): void {
    this.alive = true;
    this.#run = replay(this.#ground.plan, this.events);
    if (this.events.length > 0 && !isEnded(this.#run.state)) this.#append({ kind: 'taken-over', controller: 'model' });
    this.#pickUp();
    this.drive();
  }

  begin(): void {
    if (!this.alive || this.events.length > 0) return;
    this.#append({ kind: 'started', controller: 'model' });
    this.drive();
  }

  /** A person cancels, gives up or releases. */
  wish(event: Extract<OperationEvent, { kind: 'cancel-requested' | 'released' }>): void {
    if (!this.alive || isEnded(this.#run.state)) return;
    if (event.kind === 'released' && this.#run.state !== 'held') return;
    this.#append(event);
    this.drive();
  }

  /** Answers a poll of this node. */
  waitingFor(node: string, have: ReadonlySet<string>): CommandRow[] {
    if (!this.alive) return [];
    return [...this.commands.values()].filter((row) => row.node === node && row.result === null && !row.revoked && !have.has(row.id));
  }

  /** The first result stands; whether it is still of use, the row tells. */
  take(id: string, result: CommandResult): boolean {
    if (!this.alive) return false;
    const row = this.commands.get(id);
    if (row === undefined || row.result !== null || row.revoked) return true;
    row.result = result;
    if (this.#ground.mayCrash('result')) {
      this.#crashAndReturn();
      return false;
    }
    this.#settle(row);
    this.drive();
    return true;
  }

  drive(): void {
    if (!this.alive) return;
    for (let rounds = 0; rounds < 200; rounds += 1) {
      const actions = whatNext(this.#ground.plan, this.#run);
      const before = this.#run.lastSequence;
      for (const action of actions) if (!this.#act(action)) return;
      if (this.#run.lastSequence === before) return;
    }
    throw new Error('The machine goes round in circles.');
  }

  #append(event: OperationEvent): void {
    const recorded: RecordedEvent = { sequence: this.events.length + 1, at: simulatedAt(this.#ground.schedule.nowMs), event };
    this.#run = next(this.#ground.plan, this.#run, recorded);
    this.events.push(recorded);
  }

  /** `false` = this life has ended. */
  #act(action: NextAction): boolean {
    switch (action.act) {
      case 'skip':
        this.#append({ kind: 'step-skipped', step: action.step, reason: action.reason });
        return true;
      case 'roll-back':
        this.#append({ kind: 'rollback-started', reason: action.reason });
        return true;
      case 'hold':
        this.#append({ kind: 'held', step: action.step, reason: action.reason });
        return true;
      case 'end':
        this.#append({ kind: 'ended', state: action.state, reason: action.reason });
        return true;
      case 'start':
        return this.#start(action);
    }
  }

  #start(action: Extract<NextAction, { act: 'start' }>): boolean {
    const { schedule, plan, mayCrash } = this.#ground;
    const key = `${action.step}|${action.attempt}`;
    const state = this.#run.steps.find(({ id }) => id === action.step);
    const delayMs = state === undefined ? 0 : retryDelayMs(state.tries);
    if (delayMs > 0 && (state?.status === 'failed' || state?.status === 'undo-failed')) {
      if (this.#timed.has(key)) return true;
      this.#timed.add(key);
      const life = this.#life;
      schedule.after(delayMs, () => {
        if (life !== this.#life) return;
        this.#timed.delete(key);
        if (this.#stillWanted(action)) this.#startNow(action);
        this.drive();
      });
      return true;
    }
    if (mayCrash(`${action.step}:before`)) return this.#crashAndReturn();
    void plan;
    return this.#startNow(action);
  }

  #stillWanted(action: Extract<NextAction, { act: 'start' }>): boolean {
    return whatNext(this.#ground.plan, this.#run).some(
      (wanted) => wanted.act === 'start' && wanted.step === action.step && wanted.attempt === action.attempt,
    );
  }

  #startNow({ step: id, attempt, undo }: Extract<NextAction, { act: 'start' }>): boolean {
    const { plan, mayCrash, bug } = this.#ground;
    const step = plan.steps.find((candidate) => candidate.id === id);
    if (step === undefined) throw new Error(`The plan has no ${id}.`);
    const resolved = resolveAction(plan, this.#run, step, undo);
    // One transaction: the event and, for an agent, the command.
    this.#append({ kind: 'step-started', step: id, attempt, undo });
    const row = resolved.by === 'agent' ? this.#issue(step, resolved, attempt, undo) : null;
    if (mayCrash(`${id}:sent`)) return this.#crashAndReturn();
    if (row !== null) this.#ground.wake(row.node);
    this.#watch(step, attempt, undo, resolved, row);
    if (bug === 'done-before-effect' && row !== null && !undo) this.#done(step.id, undo, {});
    return true;
  }

  #issue(step: Step, action: Extract<StepAction, { by: 'agent' }>, attempt: number, undo: boolean): CommandRow {
    const { schedule, clusterSlug, plan } = this.#ground;
    this.#ids += 1;
    const id = `00000000-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
    const term = action.term === 'next' ? plan.term + 1 : plan.term;
    const payload = JSON.stringify({
      envelopeVersion: 1,
      id,
      operation: OPERATION,
      step: undo ? `undo:${step.id}` : step.id,
      attempt,
      node: nodeUuid(action.node),
      nodeName: action.node,
      cluster: clusterSlug,
      verb: action.command.verb,
      args: action.command.args,
      term,
      nonce: `nonce-of-command-${id.slice(-12)}`,
      order: this.#ids,
      issuedAt: simulatedAt(schedule.nowMs),
      expiresAt: simulatedAt(schedule.nowMs + Math.min(step.deadlineMs + 5_000, ENVELOPE_LIFE_MAX_MS)),
      deadlineMs: step.deadlineMs,
    });
    const row: CommandRow = { id, step: step.id, attempt, undo, node: action.node, payload, result: null, revoked: false };
    this.commands.set(id, row);
    return row;
  }

  /** Deadline of a step under way, and for what needs no agent its end. */
  #watch(step: Step, attempt: number, undo: boolean, action: StepAction, row: CommandRow | null): void {
    const { schedule, bug } = this.#ground;
    const life = this.#life;
    const isOpen = (): boolean => {
      const state = this.#run.steps.find(({ id }) => id === step.id);
      return life === this.#life && state?.attempt === attempt && (state.status === 'running' || state.status === 'undoing');
    };
    const fail = (failure: 'no-effect' | 'unknown', code: string): void => {
      if (row !== null) {
        row.revoked = true;
        this.#ground.givenUp(row);
      }
      if (bug === 'assumes-success' && failure === 'unknown' && !undo) this.#done(step.id, undo, {});
      else this.#append({ kind: 'step-failed', step: step.id, attempt, undo, failure, code, reason: `${step.id}: ${code}.` });
      this.drive();
    };
    schedule.after(step.deadlineMs + 200, () => {
      if (isOpen()) fail(action.by === 'observation' ? 'no-effect' : 'unknown', 'deadline');
    });
    if (action.by === 'observation') {
      const look = (): void => {
        if (!isOpen()) return;
        if (this.#run.state === 'rolling-back' && !undo) return fail('no-effect', 'cancelled');
        if (this.#ground.isSeen(step, action)) {
          this.#done(step.id, undo, {});
          this.drive();
        } else schedule.after(OBSERVE_EVERY_MS, look);
      };
      schedule.after(OBSERVE_EVERY_MS, look);
    }
    if (action.by === 'controller') {
      schedule.after(1, () => {
        if (!isOpen()) return;
        const evidence = this.#control(action.action, plan(this.#ground), step.id);
        if (evidence === null) fail('no-effect', 'not possible');
        else {
          this.#done(step.id, undo, evidence);
          if (!this.#ground.mayCrash(`${step.id}:after`)) this.drive();
          else this.#crashAndReturn();
        }
      });
    }
  }

  /** Idempotent, as the real ones are: what stands there already is what was asked for. `null` = not possible. */
  #control(action: Extract<StepAction, { by: 'controller' }>['action'], plan: Plan, stepId: string): unknown {
    const { term } = plan;
    const { record, version } = this.leadership;
    const write = (next: typeof record): unknown => {
      if (whyNotSucceed(record, next) !== null) return null;
      this.leadership = { version: version + 1, record: next };
      return { term: next.term };
    };
    const since = simulatedAt(this.#ground.schedule.nowMs);
    switch (action.do) {
      case 'open-term':
        if (record.term === term + 1) return { term: record.term };
        return record.term === term ? write({ ...record, term: term + 1, holder: null, source: 'operation', since }) : null;
      case 'take-term':
        if (action.onlyIf !== undefined && whyNotReceived(plan, this.#run, action.onlyIf) !== null) return null;
        if (record.term === term + 1 && record.holder === action.holder) return { term: record.term };
        if (record.term !== term && !(record.term === term + 1 && record.holder === null)) return null;
        return write({ ...record, term: term + 1, holder: action.holder, source: 'operation', since });
      case 'fence-by-command':
        this.#ground.fenceByCommand(action.node);
        return { fenced: true };
      case 'choose-candidate': {
        const chosen = this.#ground.choose(this.#run);
        return chosen === null ? null : { chosen };
      }
      default:
        throw new Error(`The model does not know what ${stepId} does.`);
    }
  }

  #done(step: string, undo: boolean, evidence: unknown): void {
    const state = this.#run.steps.find(({ id }) => id === step);
    if (state?.status !== (undo ? 'undoing' : 'running')) return;
    this.#append({ kind: 'step-done', step, undo, evidence, tookMs: 1 });
  }

  #settle(row: CommandRow): void {
    const { result } = row;
    const state = this.#run.steps.find(({ id }) => id === row.step);
    if (result === null || state?.attempt !== row.attempt || state.status !== (row.undo ? 'undoing' : 'running')) return;
    if (result.status === 'done') {
      this.#done(row.step, row.undo, result.evidence);
      if (this.#ground.mayCrash(`${row.step}:after`)) this.#crashAndReturn();
      return;
    }
    const failure = result.status === 'refused' || result.changed === false ? 'no-effect' : result.changed === null ? 'unknown' : 'partial';
    this.#append({
      kind: 'step-failed',
      step: row.step,
      attempt: row.attempt,
      undo: row.undo,
      failure,
      code: result.code,
      reason: result.reason,
    });
  }

  /** After a restart: results that came meanwhile, and watches for what is still under way. */
  #pickUp(): void {
    for (const state of this.#run.steps) {
      if (state.status !== 'running' && state.status !== 'undoing') continue;
      const undo = state.status === 'undoing';
      const step = this.#ground.plan.steps.find(({ id }) => id === state.id);
      if (step === undefined) continue;
      const row = [...this.commands.values()].find(({ step: of, attempt }) => of === state.id && attempt === state.attempt) ?? null;
      if (row?.result != null) {
        this.#settle(row);
        continue;
      }
      if (row !== null) this.#ground.wake(row.node);
      this.#watch(step, state.attempt, undo, resolveAction(this.#ground.plan, this.#run, step, undo), row);
    }
  }

  #crashAndReturn(): false {
    const { schedule, chance } = this.#ground;
    this.crash();
    schedule.after(chance.between(20, 1_500), () => this.restart());
    return false;
  }
}

const plan = ({ plan: of }: ControllerGround): Plan => of;
