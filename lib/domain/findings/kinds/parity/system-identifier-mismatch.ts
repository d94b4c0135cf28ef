/** Finds a node that holds the data of another cluster. */
import { noCause } from '../../cause-look.ts';
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { postgresSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

export const systemIdentifierMismatch: FindingKind<'system-identifier-mismatch'> = {
  code: 'system-identifier-mismatch',
  title: 'Node belongs to another cluster',
  impact: 'It is not a copy of this cluster’s data and can never take over.',
  likelyCauses: ['The data directory was made by initdb instead of a base backup.', 'The agent was enrolled for the wrong node.'],
  nextAction: 'Check which data directory the agent on {node} uses. Re-clone it from this cluster only if it was meant to be a standby.',
  subject: null,
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: postgresSeen,
  explains: [],
  cause: noCause,
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode(({ name, live }, { input, primary }) => {
    const expected = input.systemIdentifier ?? primary?.live?.systemIdentifier ?? null;
    if (live === null || expected === null || live.systemIdentifier === expected) return [];
    return [
      {
        severity: 'critical',
        subject: null,
        summary: `${name} has system identifier ${live.systemIdentifier}; this cluster’s is ${expected}.`,
        evidence: { own: text(live.systemIdentifier), cluster: text(expected) },
      },
    ];
  }),
};
