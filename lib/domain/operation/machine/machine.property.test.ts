/** Tests invariants for plans of every kind over random stories: any failure, any moment of cancelling, any controller that takes over. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aClusterInput, notAnswering, withNode } from '../../../../test/builders/cluster.ts';
import { ModelCluster } from '../../../../test/builders/model-cluster.ts';
import { aLedgerInput, aPlan, aPlanningInput, withDeadPrimary } from '../../../../test/builders/operation.ts';
import { WAIT_BEHIND_MAX_MS } from '../../../agent-contract/commands.ts';
import { looksOnly } from '../../../agent-contract/verbs.ts';
import { beginRun, next, replay, resolveAction, whatNext } from './machine.ts';
import type { FailureKind, NextAction, OperationEvent, OperationRequest, Plan, RecordedEvent, Run, Step, StepAction } from '../model.ts';
import { isEnded } from '../model.ts';

const payments = aPlanningInput();
const ledger = aPlanningInput(aLedgerInput());
const down = aPlanningInput(withNode(aClusterInput(), 'rax-dfw-a', (node) => notAnswering(node, 'stopped')));
const frozen = aPlanningInput(withDeadPrimary(aClusterInput(), 'not-responding'), { fenceCommandConfigured: true });
const frozenLedger = aPlanningInput(withDeadPrimary(aLedgerInput(), 'not-responding'));

interface Case {
  name: string;
  request: OperationRequest;
  input: typeof payments;
  /** Rolled back, the cluster is as it was. A reversion makes changes that can't be rolled back, and says so. */
  restores: boolean;
}
const CASES: Case[] = [
  { name: 'switchover', request: { kind: 'switchover', target: 'aws-use1-b' }, input: payments, restores: true },
  { name: 'switchover to a cascade', request: { kind: 'switchover', target: 'gcp-use4-a' }, input: payments, restores: true },
  { name: 'synchronous switchover', request: { kind: 'switchover', target: 'gcp-euw4-a' }, input: ledger, restores: true },
  { name: 'failover by agent', request: { kind: 'failover', target: null, fence: 'agent' }, input: frozen, restores: true },
  { name: 'failover by command', request: { kind: 'failover', target: 'rax-dfw-a', fence: 'command' }, input: frozen, restores: false },
  { name: 'failover on a person’s word', request: { kind: 'failover', target: null, fence: 'override' }, input: frozen, restores: true },
  { name: 'synchronous failover', request: { kind: 'failover', target: null, fence: 'agent' }, input: frozenLedger, restores: true },
  {
    name: 'rewind',
    request: { kind: 'reversion', target: 'rax-dfw-a', method: 'rewind', switchBack: false },
    input: down,
    restores: false,
  },
  {
    name: 'rewind and back',
    request: { kind: 'reversion', target: 'rax-dfw-a', method: 'rewind', switchBack: true },
    input: down,
    restores: false,
  },
  { name: 're-parent', request: { kind: 're-parent', target: 'gcp-use4-a', upstream: 'aws-use1-a' }, input: payments, restores: true },
  {
    name: 'add a standby',
    request: { kind: 'add-standby', target: 'rax-dfw-a', upstream: 'aws-use1-b', bytesPerSecondMax: null },
    input: down,
    restores: false,
  },
  { name: 'restart', request: { kind: 'restart', target: 'aws-use1-a' }, input: payments, restores: true },
];

const nodeOf = ({ action }: Step): string | null => (action.by === 'agent' ? action.node : null);

const EVIDENCE: Record<string, (standby: string) => unknown> = {
  'stop-primary': () => ({ control: { checkpointLsn: '0/5000028' } }),
  'choose-candidate': (standby) => ({ chosen: standby, timeline: 1 }),
  report: () => ({ report: { timeline: 1, replayedLsn: '0/3000060', control: { timeline: 1 } }, history: [] }),
  promote: () => ({ report: { timeline: 2 } }),
};

type Fate = 'done' | 'done unseen' | FailureKind;

/** A controller that carries a plan out against the model; fates come from the story, then everything works. */
class Story {
  readonly plan: Plan;
  readonly model: ModelCluster;
  readonly events: RecordedEvent[] = [];
  readonly #fates: Fate[];
  readonly #cancelAfter: number;
  run: Run;
  /** An undo had no certain success: then "as before" is not promised. */
  heldInUndo = false;

  constructor({ request, input }: Case, fates: readonly Fate[], cancelAfter: number) {
    this.plan = aPlan(request, input);
    this.#fates = [...fates];
    this.#cancelAfter = cancelAfter;
    const slots = input.nodes.flatMap(({ name, observation }) =>
      (observation?.postgres?.slots ?? []).map((slot) => `${name} ${slot.name}`),
    );
    this.model = new ModelCluster(this.plan, slots, input.leadership!.holder!);
    this.run = beginRun(this.plan);
    this.#record({ kind: 'started', controller: 'c1' });
  }

  #record(event: OperationEvent): void {
    const recorded = { sequence: this.events.length + 1, at: '2026-11-20T12:00:00.000Z', event };
    this.run = next(this.plan, this.run, recorded);
    this.events.push(recorded);
  }

  tell(): this {
    for (let rounds = 0; rounds < 400 && !isEnded(this.run.state); rounds += 1) {
      if (rounds === this.#cancelAfter) this.#record({ kind: 'cancel-requested', by: 'ada' });
      const actions = whatNext(this.plan, this.run);
      if (this.run.state === 'held') this.#release(actions);
      else this.#act(actions);
    }
    return this;
  }

  #release(actions: NextAction[]): void {
    if (actions.length > 0) return this.#act(actions);
    if (this.run.steps.some(({ status }) => status === 'undo-failed')) this.heldInUndo = true;
    this.#record({ kind: 'released', by: 'ada' });
  }

  #act(actions: readonly NextAction[]): void {
    // Nothing runs when this is asked, so that waiting would be for ever.
    expect(actions, `stuck: ${this.run.state}`).not.toEqual([]);
    for (const action of actions) {
      if (action.act === 'skip') this.#record({ kind: 'step-skipped', step: action.step, reason: action.reason });
      else if (action.act === 'roll-back') this.#record({ kind: 'rollback-started', reason: action.reason });
      else if (action.act === 'hold') this.#record({ kind: 'held', step: action.step, reason: action.reason });
      else if (action.act === 'end') this.#record({ kind: 'ended', state: action.state, reason: action.reason });
    }
    const starts = actions.filter((action) => action.act === 'start');
    for (const { step, attempt, undo } of starts) this.#record({ kind: 'step-started', step, attempt, undo });
    for (const start of starts) this.#finish(start);
  }

  #finish({ step, attempt, undo }: Extract<NextAction, { act: 'start' }>): void {
    const fate = this.#fates.shift() ?? 'done';
    const failed = (failure: FailureKind) =>
      this.#record({ kind: 'step-failed', step, attempt, undo, failure, code: 'test', reason: 'It failed.' });
    let action: StepAction;
    try {
      action = resolveAction(this.plan, this.run, step, undo);
    } catch {
      return failed('no-effect');
    }
    if (fate !== 'no-effect' && fate !== 'unknown') this.model.apply(action);
    if (fate === 'done') {
      const verb = action.by === 'agent' ? action.command.verb : action.by === 'controller' ? action.action.do : 'see';
      const standby = this.plan.after.primary ?? '';
      return this.#record({ kind: 'step-done', step, undo, evidence: EVIDENCE[verb]?.(standby) ?? {}, tookMs: 1 });
    }
    failed(fate === 'done unseen' ? 'unknown' : fate);
  }

  began = (isAbout: (id: string) => boolean) =>
    this.events.findIndex(({ event }) => event.kind === 'step-started' && !event.undo && isAbout(event.step));
  ended = (isAbout: (id: string) => boolean) =>
    this.events.findIndex(({ event }) => event.kind === 'step-done' && !event.undo && isAbout(event.step));
}

const fates = fc.array(
  fc.constantFrom<Fate>('done', 'done', 'done', 'done', 'done', 'done', 'done unseen', 'no-effect', 'unknown', 'partial'),
  { maxLength: 60 },
);
const cancels = fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 30 }));
const RUNS = { numRuns: 150 };

describe.each(CASES)('$name', (one) => {
  test('every story comes to an end, and replayed gives the same run', () => {
    fc.assert(
      fc.property(fates, cancels, (story, cancelAfter) => {
        const told = new Story(one, story, cancelAfter).tell();
        expect(isEnded(told.run.state), told.run.state).toBe(true);
        expect(replay(told.plan, told.events)).toEqual(told.run);
      }),
      RUNS,
    );
  });

  test('no promotion while another node may be primary, and only under the term', () => {
    fc.assert(
      fc.property(fates, cancels, (story, cancelAfter) => {
        const told = new Story(one, story, cancelAfter).tell();
        const overridden = one.request.kind === 'failover' && one.request.fence === 'override';
        for (const { node, otherPrimaries, holder } of told.model.promotions) {
          expect(holder).toBe(node);
          if (!overridden) expect(otherPrimaries).toEqual([]);
        }
        const promoted = told.began((id) => id.startsWith('promote-'));
        const stopped = told.ended((id) => id === 'stop-primary' || id.startsWith('fence-'));
        if (promoted !== -1 && !overridden) expect(stopped === -1 ? Infinity : stopped).toBeLessThan(promoted);
      }),
      RUNS,
    );
  });

  test('beside a command that may take minutes its agent is asked nothing else: it would be refused as busy', () => {
    const { steps } = aPlan(one.request, one.input);
    const waits = (step: Step) => step.action.by === 'agent' && !looksOnly(step.action.command.verb);
    for (const slow of steps.filter((step) => waits(step) && step.deadlineMs > WAIT_BEHIND_MAX_MS)) {
      const beside = steps.filter((step) => step !== slow && waits(step) && step.stage === slow.stage && nodeOf(step) === nodeOf(slow));
      expect(beside.map(({ id }) => `${id} beside ${slow.id}`)).toEqual([]);
    }
  });

  test('a rollback whose undos worked leaves the cluster as it was', () => {
    fc.assert(
      fc.property(fates, cancels, (story, cancelAfter) => {
        const told = new Story(one, story, cancelAfter).tell();
        if (!one.restores || !['rolled-back', 'cancelled'].includes(told.run.state)) return;
        expect(told.model.state()).toEqual(new Story(one, [], -1).model.state());
      }),
      RUNS,
    );
  });

  test('no key of a command is used twice', () => {
    fc.assert(
      fc.property(fates, cancels, (story, cancelAfter) => {
        const { events } = new Story(one, story, cancelAfter).tell();
        const keys = events.flatMap(({ event }) => (event.kind === 'step-started' ? [`${event.step} ${event.attempt}`] : []));
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { numRuns: 50 },
    );
  });
});
