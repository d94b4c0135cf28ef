/** Finds agents whose state directory can’t be written, as on a full volume. */
import { noCause } from '../../cause-look.ts';
import { count, text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { agentSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

export const agentStateUnwritable: FindingKind<'agent-state-unwritable'> = {
  code: 'agent-state-unwritable',
  title: 'State directory of the agent can’t be written',
  impact:
    'The agent refuses commands, because it can not journal them; samples that the controller does not take within ten minutes are lost.',
  likelyCauses: [
    'The volume is full.',
    'The file system was mounted read-only after an error.',
    'Owner or mode of the directory were changed.',
  ],
  nextAction: 'Free space on that volume of {node}, or mend its file system; the agent notices within ten seconds and resumes.',
  subject: null,
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: agentSeen,
  explains: [],
  cause: noCause,
  groupedBy: 'code',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode(({ name, observation }) => {
    const agent = observation?.agent;
    if (agent?.stateDirectoryProblem == null) return [];
    return [
      {
        severity: 'warning',
        subject: null,
        summary: `${name}: ${agent.stateDirectoryProblem}`,
        evidence: { reason: text(agent.stateDirectoryProblem), lostSamples: count(agent.lostSamples) },
      },
    ];
  }),
};
