/** How far the steps of a run have come: what is settled, what may be tried again, what waits for a person. */
import type { Plan, Run, Step, StepRun } from '../model.ts';

/** An undo is tried so often before a person is asked. */
export const UNDO_ATTEMPTS_MAX = 3;
/** Before the third and each later attempt: the second follows at once, because a lost reply is the usual cause. */
export const RETRY_DELAY_MS = 500;

/** How long to wait before the attempt after so many tries, in milliseconds. */
export const retryDelayMs = (tries: number): number => (tries <= 1 ? 0 : RETRY_DELAY_MS);

/** The step's own state. A run is always of the same plan, step by step. */
export function stateOf(plan: Plan, run: Run, step: Step): StepRun {
  const state = run.steps[plan.steps.indexOf(step)];
  if (state === undefined) throw new RangeError(`The run has no step “${step.id}”.`);
  return state;
}

/** Failed, and no attempt is left. What failed midway is not tried again: the second attempt would begin somewhere else. */
export function isFinallyFailed(step: Step, state: StepRun): boolean {
  return state.status === 'failed' && (state.failure?.kind === 'partial' || state.tries >= step.attemptsMax);
}

/** The rungs of its ladder, in order, each with its steps; itself alone when it belongs to none. */
export function rungsOf(plan: Plan, step: Step): Step[][] {
  if (step.ladder === undefined) return [[step]];
  return [
    ...Map.groupBy(
      plan.steps.filter(({ ladder }) => ladder === step.ladder),
      (one) => one.rung ?? one.id,
    ).values(),
  ];
}

export const ownRung = (plan: Plan, step: Step): Step[] => rungsOf(plan, step).find((rung) => rung.includes(step)) ?? [step];

/** This way led to the end. */
export const isReached = (plan: Plan, run: Run, rung: readonly Step[]): boolean =>
  rung.every((step) => stateOf(plan, run, step).status === 'done');

const rungsAfter = (plan: Plan, step: Step): Step[][] => {
  const rungs = rungsOf(plan, step);
  return rungs.slice(rungs.findIndex((rung) => rung.includes(step)) + 1);
};

/** Nothing more happens to it on the way forward. */
export function isSettled(plan: Plan, run: Run, step: Step): boolean {
  const state = stateOf(plan, run, step);
  if (state.status === 'done' || state.status === 'skipped') return true;
  if (!isFinallyFailed(step, state)) return false;
  if (step.onFailure === 'follow-up') return true;
  return step.onFailure === 'next-rung' && rungsAfter(plan, step).length > 0;
}

/** All attempts failed and no rule continues from here: a person must. */
export function needsPerson(plan: Plan, run: Run, step: Step): boolean {
  if (!isFinallyFailed(step, stateOf(plan, run, step)) || isSettled(plan, run, step)) return false;
  return step.onFailure !== 'roll-back' || isBeyondReturn(plan, run);
}

/** All attempts failed and what was done is to be rolled back. */
export function asksForRollback(plan: Plan, run: Run, step: Step): boolean {
  return step.onFailure === 'roll-back' && isFinallyFailed(step, stateOf(plan, run, step)) && !isBeyondReturn(plan, run);
}

/** A step from which there is only forward has begun, so that its effect can't be ruled out. */
export function isBeyondReturn(plan: Plan, run: Run): boolean {
  const from = plan.pointOfNoReturn;
  return from !== null && plan.steps.some((step, index) => step.stage >= from && hasBegun(run.steps[index]!));
}

/** Begun, unless it is known that no attempt had an effect. */
function hasBegun({ status, mayHaveActed }: StepRun): boolean {
  return mayHaveActed || status === 'running';
}

/** An undo is due, or was tried without success. */
export function isToUndo(step: Step, state: StepRun): boolean {
  if (step.undo === null) return false;
  return state.status === 'done' || state.status === 'undo-failed' || (state.status === 'failed' && state.mayHaveActed);
}
