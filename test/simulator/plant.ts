/** Plans with a fault in them, as a planner that has gone wrong would make them. */
import type { Plan, Step } from '../../lib/domain/operation/model.ts';
import type { Bug } from './bugs.ts';

export function planted(plan: Plan, bug: Bug | null): Plan {
  switch (bug) {
    case 'promote-before-fence':
      return swapStages(
        withoutWaiting(plan),
        isPromotion,
        ({ id, action }) => id === 'stop-primary' || (action.by === 'agent' && action.command.verb === 'fence'),
      );
    case 'ledger-after-rewind':
      return swapStages(
        plan,
        ({ id }) => id === 'keep-diverged',
        ({ action }) => action.by === 'agent' && action.command.verb === 'rewind',
      );
    case 'no-wait-for-wal':
      return withoutWaiting(plan);
    default:
      return plan;
  }
}

const isPromotion = ({ action }: Step): boolean => action.by === 'agent' && action.command.verb === 'promote';

function swapStages(plan: Plan, first: (step: Step) => boolean, second: (step: Step) => boolean): Plan {
  const [a, b] = [plan.steps.find(first)?.stage, plan.steps.find(second)?.stage];
  if (a === undefined || b === undefined) return plan;
  const steps = plan.steps.map((step) => {
    const { late: _late, ...action } = step.action as Extract<Step['action'], { by: 'agent' }>;
    const moved = first(step) ? { ...step, stage: b, action } : second(step) ? { ...step, stage: a } : step;
    return moved as Step;
  });
  return { ...plan, steps: steps.toSorted((left, right) => left.stage - right.stage) };
}

/** Proof of the last WAL is not asked for. */
function withoutWaiting(plan: Plan): Plan {
  const steps = plan.steps.flatMap((step): Step[] => {
    if (step.action.by === 'controller' && step.action.action.do === 'take-term') {
      const { onlyIf: _onlyIf, ...action } = step.action.action;
      return [{ ...step, action: { by: 'controller', action } }];
    }
    if (step.action.by !== 'agent') return [step];
    if (step.action.command.verb === 'await-wal') return [];
    if (step.action.command.verb !== 'promote') return [step];
    const { late: _late, ...action } = step.action;
    return [{ ...step, action }];
  });
  return { ...plan, steps };
}
