/** Runs that the machine alone leads, without a database or an agent, for its tests. */
import { beginRun, next, whatNext } from '../../lib/domain/operation/machine/machine.ts';
import type { FailureKind, OperationEvent, Plan, RecordedEvent, Run } from '../../lib/domain/operation/model.ts';
import { aClusterInput, notAnswering, withNode } from './cluster.ts';
import { aPlan, aPlanningInput, withDeadPrimary } from './operation.ts';

interface Begun {
  step: string;
  attempt: number;
  undo: boolean;
}

export const AT = '2026-11-20T12:00:00.000Z';

/** A run that does what the machine asks, unless a test says that a step fails. */
export class Drive {
  readonly events: RecordedEvent[] = [];
  readonly plan: Plan;
  run: Run;
  evidence: Record<string, unknown> = {};
  fails: Record<string, FailureKind> = {};

  constructor(plan: Plan) {
    this.plan = plan;
    this.run = beginRun(plan);
    this.record({ kind: 'started', controller: 'c1' });
  }

  record(event: OperationEvent): void {
    const recorded = { sequence: this.events.length + 1, at: AT, event };
    this.run = next(this.plan, this.run, recorded);
    this.events.push(recorded);
  }

  /** Continues until nothing is to be done, or a step of this id has begun (which then stays under way). */
  until(stopAt: string | null = null, undo = false): this {
    for (let rounds = 0; rounds < 1_000; rounds += 1) {
      const actions = whatNext(this.plan, this.run);
      if (actions.length === 0) return this;
      const begun: Begun[] = [];
      for (const action of actions) {
        if (action.act === 'start') {
          this.record({ kind: 'step-started', step: action.step, attempt: action.attempt, undo: action.undo });
          begun.push(action);
        } else if (action.act === 'skip') this.record({ kind: 'step-skipped', step: action.step, reason: action.reason });
        else if (action.act === 'roll-back') this.record({ kind: 'rollback-started', reason: action.reason });
        else if (action.act === 'hold') this.record({ kind: 'held', step: action.step, reason: action.reason });
        else this.record({ kind: 'ended', state: action.state, reason: action.reason });
      }
      for (const one of begun) if (one.step !== stopAt || one.undo !== undo) this.finish(one);
      if (begun.some(({ step, undo: back }) => step === stopAt && back === undo)) return this;
    }
    throw new Error('It never comes to rest.');
  }

  finish({ step, attempt, undo }: Begun): void {
    const failure = this.fails[undo ? `undo ${step}` : step];
    this.record(
      failure === undefined
        ? { kind: 'step-done', step, undo, evidence: this.evidence[step] ?? {}, tookMs: 1 }
        : { kind: 'step-failed', step, attempt, undo, failure, code: 'test', reason: 'It failed.' },
    );
  }

  statusOf = (step: string) => this.run.steps.find(({ id }) => id === step)?.status;
  undone = () => this.events.flatMap(({ event }) => (event.kind === 'step-done' && event.undo ? [event.step] : []));
}

export const switchover = () => new Drive(aPlan({ kind: 'switchover', target: 'aws-use1-b' }));
export const failover = () =>
  new Drive(aPlan({ kind: 'failover', target: null, fence: 'agent' }, aPlanningInput(withDeadPrimary(aClusterInput()))));
export const reversion = () =>
  new Drive(
    aPlan(
      { kind: 'reversion', target: 'rax-dfw-a', method: 'rewind', switchBack: false },
      aPlanningInput(withNode(aClusterInput(), 'rax-dfw-a', (node) => notAnswering(node, 'stopped'))),
    ),
  );
