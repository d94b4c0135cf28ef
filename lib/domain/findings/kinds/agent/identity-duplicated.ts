/** Finds nodes whose identity is locked because two agents used it. */
import { noCause } from '../../cause-look.ts';
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { IMMEDIATE } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { always } from '../../observability.ts';
import type { Said } from '../../rule.ts';

export const identityDuplicated: FindingKind<'identity-duplicated'> = {
  code: 'identity-duplicated',
  title: 'Two agents with one identity',
  impact: 'Another host has a copy of this node’s key. Its identity is locked: its reports are rejected until it is re-enrolled.',
  likelyCauses: ['The agent’s state directory was copied with a disk image or clone.', 'The key was stolen.'],
  nextAction: 'Find the second host. Then issue a new join token for {node} and run `farshore-agent join` on the right one.',
  subject: null,
  hysteresis: IMMEDIATE,
  concludedFromSilence: false,
  isObservable: always,
  explains: ['identity-taken'],
  cause: noCause,
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: ({ input }) =>
    input.nodes
      .filter(({ identityLockReason }) => identityLockReason !== null)
      .map(({ name, identityLockReason }): Said => {
        return {
          severity: 'critical',
          nodeName: name,
          subject: null,
          summary: `The identity of ${name} is locked: ${identityLockReason}`,
          evidence: { reason: text(identityLockReason) },
        };
      }),
};
