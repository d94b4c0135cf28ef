/** Finds clusters whose copies all stand at one provider. */
import { noCause } from '../../cause-look.ts';
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { always } from '../../observability.ts';

export const providerConcentration: FindingKind<'provider-concentration'> = {
  code: 'provider-concentration',
  title: 'All copies at one provider',
  impact: 'One provider’s failure, or a blocked account, takes every copy.',
  likelyCauses: ['No standby at another provider has been set up.'],
  nextAction: 'Add a standby at a second provider.',
  subject: 'provider',
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: always,
  explains: [],
  cause: noCause,
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: ({ input }) => {
    const providers = new Set(input.nodes.map(({ site }) => site.provider.toLowerCase()));
    const provider = input.nodes[0]?.site.provider;
    if (input.nodes.length < 2 || providers.size > 1 || provider === undefined) return [];
    return [
      {
        severity: 'info',
        nodeName: null,
        subject: provider,
        summary: `All ${input.nodes.length} nodes of ${input.name} are at ${provider}.`,
        evidence: { provider: text(provider), nodes: { kind: 'count', value: input.nodes.length } },
      },
    ];
  },
};
