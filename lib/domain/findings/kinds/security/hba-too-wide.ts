/** Finds lines of pg_hba.conf that let far too many addresses in. */
import { isTooWide } from '../../../postgres/hba-judgement.ts';
import { noCause } from '../../cause-look.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { factsSeen } from '../../observability.ts';
import { perFacts } from '../../rule.ts';
import { lineEvidence, HBA_LINES_MAX } from './hba-evidence.ts';

export const hbaTooWide: FindingKind<'hba-too-wide'> = {
  code: 'hba-too-wide',
  title: 'pg_hba.conf is too permissive',
  impact: 'Far more addresses than needed may try to log in, or copy the whole database.',
  likelyCauses: ['A broad rule from the initial setup was left in place.'],
  nextAction:
    'On {node} narrow the line named in the evidence to the peers’ addresses (/32 or their subnet), then `SELECT pg_reload_conf()`.',
  subject: 'hba-line',
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: factsSeen,
  explains: [],
  cause: noCause,
  groupedBy: 'code',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perFacts((facts, { name }) =>
    (facts.hbaRules ?? [])
      .filter(isTooWide)
      .slice(0, HBA_LINES_MAX)
      .map((rule) => {
        const isReplication = rule.databases.includes('replication');
        return {
          severity: 'warning' as const,
          subject: `line ${rule.lineNumber}`,
          summary: `pg_hba.conf line ${rule.lineNumber} on ${name} lets ${rule.address}${rule.netmask === null ? '' : `/${rule.netmask}`} ${isReplication ? 'copy the database' : 'log in as any user'}.`,
          evidence: lineEvidence(rule),
        };
      }),
  ),
};
