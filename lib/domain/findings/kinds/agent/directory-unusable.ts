/** Finds data directories that must not be started. */
import { noCause } from '../../cause-look.ts';
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { revert } from '../../next-operation.ts';
import { agentSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

/** Verbs that overwrite the directory: while one of them runs it is half a copy by intention. */
const OVERWRITES: readonly string[] = ['rewind', 'restore', 'clone'];

export const directoryUnusable: FindingKind<'directory-unusable'> = {
  code: 'directory-unusable',
  title: 'Data directory must not be started',
  impact: 'A rewind, restore or copy did not finish: the directory is inconsistent. Farshore never starts it.',
  likelyCauses: [
    'The operation was cancelled or failed.',
    'The agent or host was stopped meanwhile.',
    'The WAL that it needed had been removed.',
  ],
  nextAction: 'Revert {node} again. If a rewind failed, choose the base backup. Do not start PostgreSQL there by hand.',
  subject: null,
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: agentSeen,
  explains: [],
  cause: noCause,
  groupedBy: 'occurrence',
  nextOperation: revert,
  clusterSentence: null,
  rule: perNode(({ name, observation }) => {
    const unusable = observation?.authority?.unusable ?? null;
    if (unusable === null) return [];
    const isUnderWay = observation?.authority?.performing.some(({ verb }) => OVERWRITES.includes(verb)) === true;
    return [
      {
        severity: isUnderWay ? 'info' : 'critical',
        subject: null,
        summary: isUnderWay
          ? `The data directory of ${name} is being overwritten and must not be started until that has finished.`
          : `The data directory of ${name} must not be started: ${unusable.reason}`,
        evidence: { since: { kind: 'instant', value: unusable.since }, reason: text(unusable.reason) },
      },
    ];
  }),
};
