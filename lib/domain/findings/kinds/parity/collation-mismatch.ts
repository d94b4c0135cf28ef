/** Finds a standby that sorts text by another library version. */
import { noCause } from '../../cause-look.ts';
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { factsAndPrimarySeen } from '../../observability.ts';
import { perFacts } from '../../rule.ts';

export const collationMismatch: FindingKind<'collation-mismatch'> = {
  code: 'collation-mismatch',
  title: 'Collation libraries differ',
  impact: 'Text indexes may be corrupt after a promotion: rows are not found, or unique values appear twice.',
  likelyCauses: ['The hosts run different releases of the operating system.'],
  nextAction:
    'Bring {node} to the same C library or ICU version. After promoting it, `REINDEX` text indexes, then `ALTER DATABASE … REFRESH COLLATION VERSION`.',
  subject: null,
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: factsAndPrimarySeen,
  explains: [],
  cause: noCause,
  groupedBy: 'code',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perFacts((facts, standby, { primary }) => {
    const primarys = primary?.node.facts?.collation ?? null;
    if (primary === null || standby === primary || facts.collation === null || primarys === null || facts.collation === primarys) return [];
    return [
      {
        severity: 'warning',
        subject: null,
        summary: `${standby.name} sorts text by ${facts.collation}, the primary ${primary.name} by ${primarys}.`,
        evidence: { own: text(facts.collation), primary: text(primarys) },
      },
    ];
  }),
};
