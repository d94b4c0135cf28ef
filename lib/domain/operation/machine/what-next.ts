/** Derives the next actions of a run. Pure: the same run gives the same answer to every controller. */
import { personOf } from '../../policy/person.ts';
import type { NextAction, Plan, Run, Step } from '../model.ts';
import {
  UNDO_ATTEMPTS_MAX,
  asksForRollback,
  isBeyondReturn,
  isFinallyFailed,
  isReached,
  isSettled,
  isToUndo,
  needsPerson,
  ownRung,
  rungsOf,
  stateOf,
} from './progress.ts';

/** Empty = wait: for steps under way, for a person while `held`, or for nothing because it has ended. */
export function whatNext(plan: Plan, run: Run): NextAction[] {
  switch (run.state) {
    case 'queued':
      return run.cancelRequestedBy === null
        ? []
        : [{ act: 'end', state: 'cancelled', reason: `Cancelled by ${personOf(run.cancelRequestedBy)}.` }];
    case 'running':
      return forward(plan, run);
    case 'rolling-back':
      return backward(plan, run);
    case 'held':
      if (run.givenUpBy === null) return [];
      return [
        {
          act: 'end',
          state: 'failed',
          reason: `Given up by ${personOf(run.givenUpBy)}. It was held: ${run.reason ?? 'no reason was recorded.'}`,
        },
      ];
    default:
      return [];
  }
}

/** Follow-ups as sentences: steps that failed while the operation continued. */
export function followUps(plan: Plan, run: Run): string[] {
  return plan.steps.flatMap((step) => {
    const state = stateOf(plan, run, step);
    const wasReplaced = rungsOf(plan, step).some((rung) => isReached(plan, run, rung));
    if (!isFinallyFailed(step, state) || wasReplaced) return [];
    return [`${step.title}: ${state.failure?.reason ?? 'it failed'} At worst: ${step.worst}`];
  });
}

function forward(plan: Plan, run: Run): NextAction[] {
  if (run.cancelRequestedBy !== null && !isBeyondReturn(plan, run)) {
    const reason = `Cancelled by ${personOf(run.cancelRequestedBy)}.`;
    const hasStarted = run.steps.some(({ status }) => status !== 'pending' && status !== 'skipped');
    return hasStarted ? [{ act: 'roll-back', reason }] : [{ act: 'end', state: 'cancelled', reason }];
  }
  const toUndo = plan.steps.find((step) => asksForRollback(plan, run, step));
  if (toUndo !== undefined) return [{ act: 'roll-back', reason: failureSentence(plan, run, toUndo) }];
  const stuck = plan.steps.find((step) => needsPerson(plan, run, step));
  if (stuck !== undefined) return [{ act: 'hold', step: stuck.id, reason: failureSentence(plan, run, stuck) }];

  const open = plan.steps.filter((step) => !isSettled(plan, run, step));
  if (open.length === 0) return [{ act: 'end', state: 'done', reason: doneSentence(plan, run) }];
  const stage = Math.min(...open.map((step) => step.stage));
  return open.filter((step) => step.stage === stage).flatMap((step) => actOn(plan, run, step));
}

function actOn(plan: Plan, run: Run, step: Step): NextAction[] {
  const state = stateOf(plan, run, step);
  if (state.status !== 'pending' && state.status !== 'failed') return [];
  const skip = state.status === 'pending' ? whySkip(plan, run, step) : null;
  if (skip !== null) return [{ act: 'skip', step: step.id, reason: skip }];
  const rungs = rungsOf(plan, step);
  const before = rungs.slice(
    0,
    rungs.findIndex((rung) => rung.includes(step)),
  );
  const isTurn = before.flat().every((earlier) => isSettled(plan, run, earlier));
  return isTurn ? [{ act: 'start', step: step.id, attempt: state.attempt + 1, undo: false }] : [];
}

function whySkip(plan: Plan, run: Run, step: Step): string | null {
  if (step.skipWhenChosen !== undefined && step.skipWhenChosen === run.chosen) return `${run.chosen} was chosen as the new primary.`;
  if (step.ladder === undefined) return null;
  const own = ownRung(plan, step);
  const reached = rungsOf(plan, step).find((rung) => rung !== own && isReached(plan, run, rung));
  if (reached !== undefined) return `Not needed: ${wordsFor(reached)} did it.`;
  const broken = own.find((other) => isFinallyFailed(other, stateOf(plan, run, other)));
  return broken === undefined ? null : `Not done: “${broken.title}” failed, and with it ${wordsFor(own)}.`;
}

const wordsFor = ([first]: readonly Step[]): string => first?.rungWords ?? first?.rung ?? `“${first?.title ?? ''}”`;

function backward(plan: Plan, run: Run): NextAction[] {
  // An undo must not overtake its own effect.
  if (run.steps.some(({ status }) => status === 'running' || status === 'undoing')) return [];
  const due = plan.steps.filter((step) => isToUndo(step, stateOf(plan, run, step)));
  if (due.length === 0) {
    const state = run.cancelRequestedBy === null ? 'rolled-back' : 'cancelled';
    return [{ act: 'end', state, reason: `${run.reason ?? 'It failed.'} It was rolled back.` }];
  }
  const ready = due.filter(({ undoAfter }) => !due.some(({ id }) => id === undoAfter));
  const stage = Math.max(...ready.map((step) => step.stage));
  const ofStage = ready.filter((step) => step.stage === stage);
  const stuck = ofStage.find((step) => isUndoStuck(plan, run, step));
  if (stuck !== undefined) {
    const why = stateOf(plan, run, stuck).failure?.reason ?? 'no reason was given.';
    return [{ act: 'hold', step: stuck.id, reason: `“${stuck.title}” could not be rolled back: ${why}` }];
  }
  return ofStage.map((step) => ({ act: 'start', step: step.id, attempt: stateOf(plan, run, step).attempt + 1, undo: true }));
}

function isUndoStuck(plan: Plan, run: Run, step: Step): boolean {
  const state = stateOf(plan, run, step);
  return state.status === 'undo-failed' && state.tries >= UNDO_ATTEMPTS_MAX;
}

function failureSentence(plan: Plan, run: Run, step: Step): string {
  return `“${step.title}” failed: ${stateOf(plan, run, step).failure?.reason ?? 'no reason was given.'}`;
}

function doneSentence(plan: Plan, run: Run): string {
  const count = followUps(plan, run).length;
  if (count === 0) return 'Every step was done and verified.';
  return `Done; ${count === 1 ? 'one step' : `${count} steps`} failed: see the follow-ups.`;
}
