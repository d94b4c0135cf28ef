/** Lists the effect of cancelling and of a failure, stage by stage: shown before the start. */
import type { Plan, Step } from '../model.ts';

export interface AbortRow {
  stage: number;
  phase: Step['phase'];
  /** The titles of this stage's steps. */
  steps: string[];
  cancel: string;
  failure: string;
  /** The worst that this stage can leave behind. */
  worst: string[];
}

export function abortMatrix(plan: Plan): AbortRow[] {
  const stages = [...new Set(plan.steps.map(({ stage }) => stage))].toSorted((a, b) => a - b);
  return stages.map((stage) => {
    const steps = plan.steps.filter((step) => step.stage === stage);
    return {
      stage,
      phase: steps[0]!.phase,
      steps: steps.map(({ title }) => title),
      cancel: cancelAt(plan, stage),
      failure: failureAt(plan, stage, steps),
      worst: [...new Set(steps.map(({ worst }) => worst))],
    };
  });
}

const isBeyond = (plan: Plan, stage: number): boolean => plan.pointOfNoReturn !== null && stage >= plan.pointOfNoReturn;

function cancelAt(plan: Plan, stage: number): string {
  if (isBeyond(plan, stage)) return 'Not possible any more: no rollback after this.';
  const undone = undosUpTo(plan, stage);
  return undone.length === 0 ? 'Nothing to roll back.' : `Rolled back, the last first: ${undone.join(' ')}`;
}

/** Texts of the undos of everything up to this stage, the last first. */
const undosUpTo = (plan: Plan, stage: number): string[] =>
  plan.steps
    .filter((step) => step.stage <= stage && step.undo !== null)
    .toReversed()
    .map(({ undoText }) => undoText);

function failureAt(plan: Plan, stage: number, steps: readonly Step[]): string {
  const outcomes = new Set(steps.map((step) => outcomeOf(plan, step)));
  const sentences = {
    'roll-back': () => {
      const undone = undosUpTo(plan, stage);
      return undone.length === 0 ? 'It ends; nothing to roll back.' : 'It is rolled back as on cancelling.';
    },
    hold: () => 'It is held: a person fixes the cause and retries, or gives it up.',
    'next-rung': () => 'The next method is tried.',
    'follow-up': () => 'It continues; the result names the follow-up.',
  };
  return (['roll-back', 'hold', 'next-rung', 'follow-up'] as const)
    .filter((outcome) => outcomes.has(outcome))
    .map((outcome) => sentences[outcome]())
    .join(' ');
}

const outcomeOf = (plan: Plan, step: Step): Step['onFailure'] =>
  step.onFailure === 'roll-back' && plan.pointOfNoReturn !== null && step.stage > plan.pointOfNoReturn ? 'hold' : step.onFailure;
