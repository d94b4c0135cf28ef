/** Finds settings of a standby that are lower than the primary’s. */
import type { NodeFacts } from '../../../../agent-contract/facts.ts';
import { PARAMETERS_NOT_BELOW_PRIMARY } from '../../../postgres/standby-parameters.ts';
import { noCause } from '../../cause-look.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { factsAndPrimarySeen } from '../../observability.ts';
import { perFacts, settingOf } from '../../rule.ts';

export const parameterMismatch: FindingKind<'parameter-mismatch'> = {
  code: 'parameter-mismatch',
  title: 'Setting below the primary’s',
  impact: 'Replay on this standby stops when it reaches the primary’s higher value in WAL, and it can’t take the primary’s load.',
  likelyCauses: ['The setting was raised on the primary only.'],
  nextAction: 'On {node}: `ALTER SYSTEM SET {subject} = …` to at least the primary’s value, then restart it.',
  subject: 'setting',
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: factsAndPrimarySeen,
  explains: [],
  cause: noCause,
  groupedBy: 'code',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perFacts((facts, standby, { primary }) => {
    if (primary === null || standby === primary || standby.live?.inRecovery !== true) return [];
    return PARAMETERS_NOT_BELOW_PRIMARY.flatMap((name) => {
      const own = integerSetting(facts, name);
      const primarys = integerSetting(primary.node.facts, name);
      if (own === null || primarys === null || own >= primarys) return [];
      return [
        {
          severity: 'warning' as const,
          subject: name,
          summary: `${name} is ${own} on ${standby.name}, below the ${primarys} of the primary ${primary.name}.`,
          evidence: { own: { kind: 'count', value: own }, primary: { kind: 'count', value: primarys } },
        },
      ];
    });
  }),
};

function integerSetting(facts: NodeFacts | null, name: string): number | null {
  const value = settingOf(facts, name);
  return value !== null && /^\d+$/.test(value) ? Number(value) : null;
}
