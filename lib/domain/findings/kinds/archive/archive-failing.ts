/** Finds a server whose archive command fails. */
import { isArchiveFailing } from '../../../archive/archiver.ts';
import { formatAgo } from '../../../format/duration.ts';
import { text, count, instant } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { URGENT } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { postgresSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

export const archiveFailing: FindingKind<'archive-failing'> = {
  code: 'archive-failing',
  title: 'WAL archiving fails',
  impact: 'No point-in-time recovery past the last archived segment. WAL accumulates on the primary’s disk.',
  likelyCauses: ['The repository is full or unreachable.', 'Credentials or permissions changed.', 'archive_command is wrong.'],
  nextAction: 'On {node} read the “archive command failed” lines of the server log, and run `pgbackrest check` as the PostgreSQL user.',
  subject: null,
  hysteresis: URGENT,
  concludedFromSilence: false,
  isObservable: postgresSeen,
  explains: ['archive-backlog', 'failing-archiver'],
  cause: (finding, look) => look.awayOn(finding.nodeName),
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: perNode(({ name, live }, { nowMs }) => {
    if (live === null || !isArchiveFailing(live)) return [];
    const { archiver } = live;
    const success =
      archiver.lastArchivedAt === null
        ? 'it has never succeeded'
        : `its last success was ${archiver.lastArchivedWal}, ${formatAgo(archiver.lastArchivedAt, nowMs)}`;
    return [
      {
        severity: 'critical',
        subject: null,
        summary: `Archiving ${archiver.lastFailedWal ?? 'WAL'} on ${name} fails; ${success}.`,
        evidence: {
          lastFailedWal: text(archiver.lastFailedWal),
          lastFailedAt: instant(archiver.lastFailedAt),
          lastArchivedWal: text(archiver.lastArchivedWal),
          lastArchivedAt: instant(archiver.lastArchivedAt),
          failures: count(archiver.failedCount),
          waitingSegments: count(archiver.readyCount),
        },
      },
    ];
  }),
};
