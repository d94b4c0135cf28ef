/** The steps that the controller does itself. */
import type pg from 'pg';
import type { VerbEvidence } from '../../lib/agent-contract/verbs.ts';
import { readPlanningInput } from '../../lib/db/operations/planning-input.ts';
import type { LeadershipStore } from '../../lib/domain/leadership/store.ts';
import { chooseCandidate } from '../../lib/domain/operation/plan/candidate.ts';
import { whyNotFencedBy, whyNotReceived } from '../../lib/domain/operation/machine/resolve.ts';
import { CHOSEN } from '../../lib/domain/operation/model.ts';
import type { ControllerAction, Plan, Run } from '../../lib/domain/operation/model.ts';
import { runFenceCommand } from './fence-command.ts';
import { moveLeadership } from './leadership-step.ts';
import { failed } from './step-outcome.ts';
import { messageOf } from '../../lib/runtime/error-message.ts';
import type { StepOutcome } from './step-outcome.ts';

export interface ControllerStepContext {
  pool: pg.Pool;
  leadership: LeadershipStore;
  /** `null`: none is configured. */
  fenceCommand: string | null;
  operation: string;
  plan: Plan;
  run: Run;
  deadlineMs: number;
  signal: AbortSignal;
}

/** Does it, and never throws: whatever goes wrong is an outcome. */
export async function controllerStep(action: ControllerAction, context: ControllerStepContext): Promise<StepOutcome> {
  try {
    return await perform(action, context);
  } catch (error) {
    return failed('unknown', 'internal', `The controller could not do it: ${messageOf(error)}`);
  }
}

function perform(action: ControllerAction, context: ControllerStepContext): Promise<StepOutcome> | StepOutcome {
  const { leadership, fenceCommand, operation, plan, run, deadlineMs, signal } = context;
  const { cluster, term } = plan;
  switch (action.do) {
    case 'open-term':
      return moveLeadership(leadership, { cluster, operation, term, holder: null, deadlineMs, signal });
    case 'take-term': {
      const why = action.onlyIf === undefined ? null : whyNotReceived(plan, run, action.onlyIf);
      if (why !== null) return failed('no-effect', 'wal-missing', why);
      return moveLeadership(leadership, { cluster, operation, term, holder: action.holder, deadlineMs, signal });
    }
    case 'fence-by-command':
      if (fenceCommand === null) {
        const sentence = `No fence command is configured, so that it can't be proven that ${action.node} is off. Set FARSHORE_FENCE_COMMAND, or choose another way to fence.`;
        return failed('no-effect', 'not-configured', sentence);
      }
      return runFenceCommand(fenceCommand, cluster, action.node, deadlineMs, signal);
    case 'choose-candidate':
      return choose(action, context);
  }
}

/** Applies the rule to what the promise steps proved, and to nothing else that moves. */
async function choose(
  { preferred, mustHear }: Extract<ControllerAction, { do: 'choose-candidate' }>,
  { pool, plan, run }: ControllerStepContext,
): Promise<StepOutcome> {
  const input = await readPlanningInput(pool, plan.cluster, Date.now());
  if (input === null)
    return failed('no-effect', 'no-picture', `There is no picture of ${plan.cluster} to choose from. Try again in a moment.`);
  const promises = plan.steps.flatMap((step, index) => {
    const state = run.steps[index];
    const { action } = step;
    if (action.by !== 'agent' || action.command.verb !== 'promise' || action.node === CHOSEN || state?.status !== 'done') return [];
    return [{ node: action.node, ...(state.evidence as VerbEvidence<'promise'>) }];
  });
  const why = whyNotFencedBy(plan, promises);
  if (why !== null) return failed('no-effect', 'fence-unproven', why);
  const choice = chooseCandidate(promises, input, preferred, mustHear);
  if (choice.chosen !== null) return { status: 'done', evidence: choice };
  const reasons = choice.ranking.map(({ node, reasons }) => `${node}: ${reasons.join(' ')}`).join(' ');
  return failed('no-effect', 'no-candidate', `${choice.sentence} ${reasons}`.trim());
}
