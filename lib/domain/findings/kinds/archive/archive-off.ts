/** Finds servers that archive no WAL, or would not after a promotion. */
import { noCause } from '../../cause-look.ts';
import { text } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { postgresSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

export const archiveOff: FindingKind<'archive-off'> = {
  code: 'archive-off',
  title: 'WAL archiving is off',
  impact: 'The WAL has no second copy: no point-in-time recovery, and a standby that was away too long must be re-cloned.',
  likelyCauses: ['archive_mode was never set.'],
  nextAction: 'Set `archive_mode = on` and an archive_command on {node} (needs a restart), then take a base backup.',
  subject: null,
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: postgresSeen,
  explains: [],
  cause: noCause,
  groupedBy: 'code',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode(({ name, live, role }) => {
    if (live?.archiver.mode !== 'off') return [];
    const isPrimary = role === 'primary';
    return [
      {
        severity: isPrimary ? 'warning' : 'info',
        subject: null,
        summary: isPrimary ? `${name} archives no WAL (archive_mode is off).` : `${name} would archive no WAL after a promotion.`,
        evidence: { archiveMode: text(live.archiver.mode) },
      },
    ];
  }),
};
