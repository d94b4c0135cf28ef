/** Finds a cluster of which no node is out of recovery. */
import { textOf } from '../../cause-look.ts';
import { text, count } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { URGENT } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { anyNodeSeen } from '../../observability.ts';

export const noPrimary: FindingKind<'no-primary'> = {
  code: 'no-primary',
  title: 'No primary',
  impact: 'This cluster accepts no writes.',
  likelyCauses: ['The primary was stopped or crashed.', 'A switchover was interrupted between stopping and promoting.'],
  nextAction:
    'Try to start the last primary first: that loses nothing. Only if it can’t be started, fence it and fail over to the most advanced standby. The RPO line says what would be missing.',
  subject: null,
  hysteresis: URGENT,
  concludedFromSilence: true,
  isObservable: anyNodeSeen,
  explains: [],
  cause: (finding, look) => look.awayOn(textOf(finding, 'lastHolder')),
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: ({ topology, sightings, input }) => {
    // Nothing is concluded before any node was seen, nor while the one that leads is only out of sight.
    if (topology.primary !== null || topology.outOfRecovery.length > 0 || ![...sightings.values()].some(({ fresh }) => fresh)) return [];
    return [
      {
        severity: 'critical',
        nodeName: null,
        subject: null,
        summary: `${input.name} has no primary: none of its ${input.nodes.length} nodes is seen out of recovery.`,
        evidence: { lastHolder: text(input.leadership?.holder ?? null), term: count(input.leadership?.term ?? null) },
      },
    ];
  },
};
