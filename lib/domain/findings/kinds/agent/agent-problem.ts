/** Finds agents that can’t read all that they should. */
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { PATIENT } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { factsSeen } from '../../observability.ts';
import { perFacts } from '../../rule.ts';

export const agentProblem: FindingKind<'agent-problem'> = {
  code: 'agent-problem',
  title: 'Agent lacks access',
  impact: 'Some facts about this node are unknown. Findings that depend on them can’t open.',
  likelyCauses: ['A grant, setting or binary is missing on the node.'],
  nextAction: 'On {node} run `farshore-agent check`: it prints the exact SQL statement or configuration line for each problem.',
  subject: null,
  hysteresis: PATIENT,
  concludedFromSilence: false,
  isObservable: factsSeen,
  explains: [],
  cause: (finding, look) => look.awayOn(finding.nodeName),
  groupedBy: 'code',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perFacts((facts, { name }) => {
    const [first, ...others] = facts.agentProblems;
    if (first === undefined) return [];
    return [
      {
        severity: 'warning',
        subject: null,
        summary: `The agent on ${name} reports: ${first}${others.length > 0 ? ` (and ${others.length} more)` : ''}`,
        evidence: { problems: text(facts.agentProblems.join(' ')) },
      },
    ];
  }),
};
