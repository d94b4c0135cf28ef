/** Finds lines of pg_hba.conf with a weak authentication method. */
import { isWeak, weakSeverity, WEAK_METHODS } from '../../../postgres/hba-judgement.ts';
import { noCause } from '../../cause-look.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { factsSeen } from '../../observability.ts';
import { perFacts } from '../../rule.ts';
import { lineEvidence, HBA_LINES_MAX } from './hba-evidence.ts';

export const hbaWeakMethod: FindingKind<'hba-weak-method'> = {
  code: 'hba-weak-method',
  title: 'Weak authentication method',
  impact: 'Passwords can be cracked or read in transit (md5, password), or are not required at all (trust).',
  likelyCauses: ['An old rule survived upgrades.'],
  nextAction:
    'On {node} set password_encryption = scram-sha-256, set every affected password again, then change the line to scram-sha-256 and `SELECT pg_reload_conf()`.',
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
      .filter((rule) => isWeak(rule))
      .slice(0, HBA_LINES_MAX)
      .map((rule) => ({
        severity: weakSeverity(rule),
        subject: `line ${rule.lineNumber}`,
        summary: `pg_hba.conf line ${rule.lineNumber} on ${name} uses ${rule.method}: ${WEAK_METHODS[rule.method ?? '']}.`,
        evidence: lineEvidence(rule),
      })),
  ),
};
