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
  title: 'Agent can’t act',
  impact: 'Operations that need this node are blocked: Farshore can’t stop, promote, repoint or revert it.',
  likelyCauses: ['The control role lacks a grant.', 'A binary, password file or directory is missing or unreadable.'],
  nextAction: 'On {node} run `farshore-agent check`: it prints the exact SQL statement or configuration line for each obstacle.',
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
        summary: `The agent of ${name} can’t act: ${first}${more}`,
        evidence: { obstacles: text([first, ...others].join(' ')) },
      },
    ];
  }),
};
