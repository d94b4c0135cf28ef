/** The choice of a candidate from what the standbys promised, by the real rule. */
import type { VerbEvidence } from '../../lib/agent-contract/verbs.ts';
import { chooseCandidate } from '../../lib/domain/operation/plan/candidate.ts';
import type { CandidateReport } from '../../lib/domain/operation/plan/candidate.ts';
import { inputOf } from './shapes.ts';
import type { Chooser, ClusterShape } from './story.ts';

export function chooserFor(shape: ClusterShape): Chooser {
  const input = inputOf(shape, 'stopped');
  return (plan, run, bug) => {
    const reports = plan.steps.flatMap(({ action }, index): CandidateReport[] => {
      const state = run.steps[index];
      if (action.by !== 'agent' || action.command.verb !== 'promise' || state?.status !== 'done') return [];
      const { report, history } = state.evidence as VerbEvidence<'promise'>;
      return [{ node: action.node, report, history }];
    });
    if (bug === 'first-candidate') return reports.at(-1)?.node ?? null;
    const choice = plan.steps
      .map(({ action }) => action)
      .find((action) => action.by === 'controller' && action.action.do === 'choose-candidate');
    if (choice?.by !== 'controller' || choice.action.do !== 'choose-candidate') return null;
    return chooseCandidate(reports, input, choice.action.preferred, choice.action.mustHear ?? null).chosen;
  };
}
