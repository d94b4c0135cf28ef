/** Finds agents that can observe but not act. */
import { noCause } from '../../cause-look.ts';
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { agentSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

export const agentUnable: FindingKind<'agent-unable'> = {
  code: 'agent-unable',
  title: 'Agent can not act',
  impact: 'Operations that need this node are blocked: Farshore can neither stop, promote, re-parent nor revert it.',
  likelyCauses: ['A grant of the control role is missing.', 'A binary, a password file or a directory is missing or not readable.'],
  nextAction: 'On {node} run `farshore-agent check`: it prints the exact SQL or line that mends each obstacle.',
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
    const [first, ...others] = observation?.authority?.obstacles ?? [];
    if (first === undefined) return [];
    const more = others.length > 0 ? ` (and ${others.length} more)` : '';
    return [
      {
        severity: 'warning',
        subject: null,
        summary: `The agent of ${name} can not act: ${first}${more}`,
        evidence: { obstacles: text([first, ...others].join(' ')) },
      },
    ];
  }),
};
