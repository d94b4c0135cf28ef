/** Finds nodes that pg_rewind could not bring back. */
import type { NodeFacts } from '../../../../agent-contract/facts.ts';
import { noCause } from '../../cause-look.ts';
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { factsSeen } from '../../observability.ts';
import { perFacts, settingOf } from '../../rule.ts';

export const rewindNotPossible: FindingKind<'rewind-not-possible'> = {
  code: 'rewind-not-possible',
  title: 'pg_rewind is not possible',
  impact: 'After a failover this node could not return by pg_rewind: it would have to be re-cloned.',
  likelyCauses: ['Neither data checksums nor wal_log_hints are on.', 'full_page_writes is off.', 'The rewind role lacks grants.'],
  nextAction: 'On {node}: `ALTER SYSTEM SET wal_log_hints = on` and restart, or fix what the evidence names.',
  subject: null,
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: factsSeen,
  explains: [],
  cause: noCause,
  groupedBy: 'code',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perFacts((facts, { name }) => {
    const obstacles = [...builtInObstacles(facts), ...(facts.rewindObstacles ?? [])];
    if (obstacles.length === 0) return [];
    return [
      {
        severity: 'warning',
        subject: null,
        summary: `${name} could not be rewound: ${obstacles[0]}${obstacles.length > 1 ? ` (and ${obstacles.length - 1} more)` : ''}`,
        evidence: { obstacles: text(obstacles.join(' ')) },
      },
    ];
  }),
};

/** Checksums or hint-bit logging: either lets pg_rewind find the changed blocks. What could not be read is not held against it. */
function builtInObstacles(facts: NodeFacts): string[] {
  const hasChecksums = facts.control === null ? null : facts.control.dataChecksumVersion > 0;
  const lacksTracking = hasChecksums === false && settingOf(facts, 'wal_log_hints') === 'off';
  return [
    ...(lacksTracking ? ['Neither data checksums nor wal_log_hints are on.'] : []),
    ...(settingOf(facts, 'full_page_writes') === 'off' ? ['full_page_writes is off.'] : []),
  ];
}
