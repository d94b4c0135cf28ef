/** Finds copies that stand where the cluster’s residency rule does not allow them. */
import { isAllowedJurisdiction } from '../../../policy/jurisdiction.ts';
import { noCause } from '../../cause-look.ts';
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { always } from '../../observability.ts';
import type { Said } from '../../rule.ts';

export const residencyBroken: FindingKind<'residency-broken'> = {
  code: 'residency-broken',
  title: 'Data outside its jurisdiction',
  impact: 'A copy of the data is where this cluster’s residency rule does not allow it.',
  likelyCauses: ['The node was placed in the wrong region.', 'The cluster’s rule or the node’s site is entered wrongly.'],
  nextAction: 'Check the site of {node}. If it is right, add a standby in an allowed region and remove this one.',
  subject: null,
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: always,
  explains: [],
  cause: noCause,
  groupedBy: 'code',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: ({ input }) =>
    input.nodes
      .filter(({ site }) => !isAllowedJurisdiction(site.jurisdiction, input.policy.jurisdictions))
      .map(({ name, site }): Said => {
        return {
          severity: 'critical',
          nodeName: name,
          subject: null,
          summary: `${name} is in ${site.jurisdiction} (${site.provider} ${site.region}); ${input.name} may only be in ${input.policy.jurisdictions.join(', ')}.`,
          evidence: { jurisdiction: text(site.jurisdiction), allowed: text(input.policy.jurisdictions.join(', ')) },
        };
      }),
};
