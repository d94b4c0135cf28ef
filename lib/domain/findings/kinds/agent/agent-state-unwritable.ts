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
  title: 'Agent’s state directory is not writable',
  impact:
    'The agent refuses commands, because it can’t journal them. Samples that the controller does not receive within ten minutes are lost.',
  likelyCauses: [
    'The volume is full.',
    'The file system was remounted read-only after an error.',
    'The directory’s owner or mode was changed.',
  ],
  nextAction: 'Free space on that volume of {node}, or repair its file system. The agent notices within ten seconds and resumes.',
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
