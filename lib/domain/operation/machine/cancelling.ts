/** Decides whether an operation may be cancelled now, and what that leaves. */
import type { Plan, Run, Step } from '../model.ts';
import { isEnded } from '../model.ts';
import { personOf } from '../../policy/person.ts';
import { isBeyondReturn, isToUndo, stateOf } from './progress.ts';
import { NOTHING_TO_UNDO } from '../plan/steps.ts';

export interface Cancelling {
  allowed: boolean;
  /** The state it leaves behind, or why it is refused. */
  sentence: string;
}

export function mayCancel(plan: Plan, run: Run): Cancelling {
  if (isEnded(run.state)) return { allowed: false, sentence: `It has ended (${run.state}): there is nothing to cancel.` };
  if (run.state === 'rolling-back') return { allowed: false, sentence: 'It is being rolled back already.' };
  if (run.state === 'held') return { allowed: run.givenUpBy === null, sentence: givingUp(plan, run) };
  if (run.state === 'queued' || run.state === 'awaiting-approval') {
    return { allowed: true, sentence: 'Nothing has begun: nothing is left behind.' };
  }
  if (isBeyondReturn(plan, run)) {
    return {
      allowed: false,
      sentence: 'The point of no return has passed: no rollback after this. Only the steps shown are left.',
    };
  }
  if (run.cancelRequestedBy !== null) return { allowed: false, sentence: `${personOf(run.cancelRequestedBy)} has cancelled it already.` };
  return { allowed: true, sentence: takingBack(plan, run) };
}

function takingBack(plan: Plan, run: Run): string {
  const begun = plan.steps.filter((step) => hasBegun(plan, run, step));
  const undone = begun.filter((step) => step.undo !== null).toReversed();
  const stays = [
    ...new Set(begun.filter(({ undo, undoText }) => undo === null && undoText !== NOTHING_TO_UNDO).map(({ undoText }) => undoText)),
  ];
  if (undone.length === 0) return ['Nothing to roll back: the cluster stays as it was.', ...stays].join(' ');
  const count = undone.length === 1 ? 'one step' : `${undone.length} steps`;
  return `${count[0]!.toUpperCase()}${count.slice(1)} will be rolled back, the last first: ${[...undone.map((step) => step.undoText), ...stays].join(' ')}`;
}

function hasBegun(plan: Plan, run: Run, step: Step): boolean {
  const state = stateOf(plan, run, step);
  return state.status === 'running' || state.status === 'done' || isToUndo(step, state);
}

function givingUp(plan: Plan, run: Run): string {
  const left = plan.steps.filter((step) => ['failed', 'undo-failed'].includes(stateOf(plan, run, step).status)).map(({ worst }) => worst);
  const ends = 'Giving up ends the operation as failed, without a rollback.';
  return left.length === 0 ? ends : `${ends} At worst: ${[...new Set(left)].join(' ')}`;
}
