/** Advises what to do first about a step that an operation is held at. Pure. */
import type { OperationView } from '../../lib/domain/operation/answers/answers.ts';
import type { Step } from '../../lib/domain/operation/model.ts';
import { nodeOf } from './run-picture.ts';

export interface Advice {
  sentence: string;
  /** Whose page shows more; `null` = none. */
  node: string | null;
}

export function adviceFor({ run }: Pick<OperationView, 'run'>, step: Step): Advice {
  const node = nodeOf(step, run.chosen);
  const failure = run.steps.find(({ id }) => id === step.id)?.failure ?? null;
  if (node === null) return { sentence: 'The controller does this step itself; its log says more. Fix what the reason names.', node };
  if (step.action.by === 'observation') return { sentence: `The expected state was not seen. Check ${node} now.`, node };
  if (failure?.kind === 'unknown') {
    return {
      sentence: `The agent of ${node} did not answer. Check that it runs (farshore-agent status on its host) and is seen again.`,
      node,
    };
  }
  return {
    sentence: `The agent of ${node} answered that it could not. Fix on ${node} what the reason names; the evidence says more.`,
    node,
  };
}
