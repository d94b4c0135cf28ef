/**
 * The one machine of every operation: `next` folds what happened, live and on replay alike; `whatNext` says what is to be done, from
 * the run alone. What an executor must know:
 * - events are numbered 1, 2, 3 … without a gap; one that can't follow is a fault of the journal and throws `ImpossibleEvent`;
 * - a rollback waits for the steps under way, because an undo must not overtake its own effect: cancel their commands, and record how
 *   they ended (`step-done` or `step-failed`); only then `whatNext` asks for undos;
 * - a cancel that comes too late is recorded and has no effect (`mayCancel` says why). While the run is held it means giving up.
 */
import { mayCancel } from './cancelling.ts';
import type { OperationEvent, Plan, RecordedEvent, Run, Step, StepRun } from '../model.ts';
import { ENDED_STATES, isEnded } from '../model.ts';
import { isBeyondReturn, isSettled, needsPerson } from './progress.ts';

export { mayCancel } from './cancelling.ts';
export { RETRY_DELAY_MS, UNDO_ATTEMPTS_MAX, retryDelayMs } from './progress.ts';
export { resolveAction, waitingSentence } from './resolve.ts';
export { followUps, whatNext } from './what-next.ts';

/** The journal holds an event that can't follow the ones before it. */
export class ImpossibleEvent extends Error {
  override name = 'ImpossibleEvent';
}

/** The run of a plan of which nothing has been recorded. */
export function beginRun(plan: Plan): Run {
  return {
    state: 'queued',
    steps: plan.steps.map(({ id }): StepRun => {
      return {
        id,
        status: 'pending',
        attempt: 0,
        tries: 0,
        isTry: false,
        mayHaveActed: false,
        startedAt: null,
        endedAt: null,
        evidence: null,
        failure: null,
        failedAttempts: [],
        skippedBecause: null,
      };
    }),
    cancelRequestedBy: null,
    givenUpBy: null,
    reason: null,
    chosen: null,
    startedAt: null,
    endedAt: null,
    lastSequence: 0,
  };
}

/** The run after all of these events. Throws ImpossibleEvent. */
export function replay(plan: Plan, events: readonly RecordedEvent[]): Run {
  return events.reduce((run, recorded) => next(plan, run, recorded), beginRun(plan));
}

/** The run after one more event. Throws ImpossibleEvent. */
export function next(plan: Plan, run: Run, recorded: RecordedEvent): Run {
  const { sequence, at, event } = recorded;
  if (sequence !== run.lastSequence + 1) {
    throw new ImpossibleEvent(`Event ${sequence} does not follow event ${run.lastSequence}: the journal has a gap or a repetition.`);
  }
  if (isEnded(run.state)) throw new ImpossibleEvent(`“${event.kind}” follows the end: the operation is ${run.state} already.`);
  return { ...apply(plan, run, event, at), lastSequence: sequence };
}

function apply(plan: Plan, run: Run, event: OperationEvent, at: string): Run {
  switch (event.kind) {
    case 'started':
      mustBe(run, event, ['queued', 'awaiting-approval']);
      return { ...run, state: 'running', startedAt: at };
    case 'taken-over':
      // Nobody was there to hear what came of these attempts: they are none of the step's own.
      // Each is taken off once, however many controllers follow one another during it.
      return {
        ...run,
        steps: run.steps.map((state) => (isUnderWay(state) && state.isTry ? { ...state, tries: state.tries - 1, isTry: false } : state)),
      };
    case 'cancel-requested':
      if (!mayCancel(plan, run).allowed) return run;
      return run.state === 'held' ? { ...run, givenUpBy: event.by } : { ...run, cancelRequestedBy: event.by };
    case 'rollback-started':
      mustBe(run, event, ['running']);
      if (isBeyondReturn(plan, run)) throw new ImpossibleEvent('A rollback can’t begin: the point of no return has passed.');
      return { ...run, state: 'rolling-back', reason: event.reason };
    case 'held':
      mustBe(run, event, ['running', 'rolling-back']);
      stepOf(plan, run, event.step);
      return { ...run, state: 'held', reason: event.reason };
    case 'released':
      mustBe(run, event, ['held']);
      return release(plan, run);
    case 'ended':
      return end(plan, run, event, at);
    default:
      return withStep(plan, run, event, at);
  }
}

const isUnderWay = ({ status }: StepRun): boolean => status === 'running' || status === 'undoing';

type StepEvent = Extract<OperationEvent, { step: string }>;

function withStep(plan: Plan, run: Run, event: Exclude<StepEvent, { kind: 'held' }>, at: string): Run {
  const { step, state } = stepOf(plan, run, event.step);
  const changed = ((): StepRun => {
    switch (event.kind) {
      case 'step-started':
        return startStep(run, step, state, event, at);
      case 'step-done':
        mustBeStatus(state, event, event.undo ? 'undoing' : 'running');
        // The step's evidence stays when it is rolled back: it still happened.
        if (event.undo) return { ...state, status: 'undone', endedAt: at };
        return { ...state, status: 'done', endedAt: at, evidence: event.evidence, failure: null, mayHaveActed: true };
      case 'step-failed':
        mustBeStatus(state, event, event.undo ? 'undoing' : 'running');
        if (event.attempt !== state.attempt) {
          throw new ImpossibleEvent(`Attempt ${event.attempt} of ${step.id} failed, but attempt ${state.attempt} is running.`);
        }
        return {
          ...state,
          status: event.undo ? 'undo-failed' : 'failed',
          endedAt: at,
          mayHaveActed: state.mayHaveActed || event.failure !== 'no-effect',
          failure: { kind: event.failure, code: event.code, reason: event.reason },
          failedAttempts: [...state.failedAttempts, { attempt: event.attempt, undo: event.undo, code: event.code, reason: event.reason }],
        };
      case 'step-skipped':
        mustBe(run, event, ['running']);
        mustBeStatus(state, event, 'pending');
        return { ...state, status: 'skipped', endedAt: at, skippedBecause: event.reason };
    }
  })();
  const steps = run.steps.map((other) => (other.id === changed.id ? changed : other));
  const isChoice = event.kind === 'step-done' && !event.undo && isChoosing(step);
  return { ...run, steps, chosen: isChoice ? chosenIn(event.evidence) : run.chosen };
}

function startStep(run: Run, step: Step, state: StepRun, event: Extract<OperationEvent, { kind: 'step-started' }>, at: string): StepRun {
  if (event.attempt !== state.attempt + 1) {
    throw new ImpossibleEvent(`Attempt ${event.attempt} of ${step.id} does not follow attempt ${state.attempt}.`);
  }
  mustBe(run, event, [event.undo ? 'rolling-back' : 'running']);
  const from: readonly StepRun['status'][] = event.undo ? ['done', 'failed', 'undo-failed'] : ['pending', 'failed'];
  if (!from.includes(state.status))
    throw new ImpossibleEvent(`${step.id} can’t begin${event.undo ? ' its undo' : ''}: it is ${state.status}.`);
  if (event.undo && step.undo === null) throw new ImpossibleEvent(`${step.id} has no undo.`);
  const goesOn = state.status === (event.undo ? 'undo-failed' : 'failed');
  return {
    ...state,
    status: event.undo ? 'undoing' : 'running',
    attempt: event.attempt,
    tries: goesOn ? state.tries + 1 : 1,
    isTry: true,
    startedAt: at,
    endedAt: null,
  };
}

/** A step that waits for a person is retried; attempts keep counting, so that no key is used twice. */
function release(plan: Plan, run: Run): Run {
  const wasUndoing = run.steps.some(({ status }) => status === 'undo-failed');
  const steps = run.steps.map((state, index): StepRun => {
    if (state.status === 'undo-failed') return { ...state, tries: 0 };
    return needsPerson(plan, run, plan.steps[index]!) ? { ...state, status: 'pending', tries: 0 } : state;
  });
  return { ...run, steps, state: wasUndoing ? 'rolling-back' : 'running', reason: wasUndoing ? run.reason : null };
}

function end(plan: Plan, run: Run, event: Extract<OperationEvent, { kind: 'ended' }>, at: string): Run {
  if (!(ENDED_STATES as readonly string[]).includes(event.state))
    throw new ImpossibleEvent(`An operation does not end as “${event.state}”.`);
  if (event.state === 'refused') mustBe(run, event, ['queued', 'awaiting-approval']);
  const open = event.state === 'done' ? plan.steps.find((step) => !isSettled(plan, run, step)) : undefined;
  if (open !== undefined) throw new ImpossibleEvent(`The operation can’t be done: ${open.id} is not.`);
  return { ...run, state: event.state, reason: event.reason, endedAt: at };
}

function stepOf(plan: Plan, run: Run, id: string): { step: Step; state: StepRun } {
  const index = plan.steps.findIndex((step) => step.id === id);
  const [step, state] = [plan.steps[index], run.steps[index]];
  if (step === undefined || state === undefined) throw new ImpossibleEvent(`The plan has no step “${id}”.`);
  return { step, state };
}

const isChoosing = ({ action }: Step): boolean => action.by === 'controller' && action.action.do === 'choose-candidate';

function chosenIn(evidence: unknown): string {
  const chosen = typeof evidence === 'object' && evidence !== null && 'chosen' in evidence ? evidence.chosen : null;
  if (typeof chosen !== 'string' || chosen === '') throw new ImpossibleEvent('The choice of a candidate is done, but names no node.');
  return chosen;
}

function mustBe(run: Run, event: OperationEvent, states: readonly Run['state'][]): void {
  if (!states.includes(run.state)) throw new ImpossibleEvent(`“${event.kind}” does not fit an operation that is ${run.state}.`);
}

function mustBeStatus(state: StepRun, event: OperationEvent, status: StepRun['status']): void {
  if (state.status !== status) throw new ImpossibleEvent(`“${event.kind}” does not fit step ${state.id}, which is ${state.status}.`);
}
