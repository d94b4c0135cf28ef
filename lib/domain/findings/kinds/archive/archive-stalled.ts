/** Finds finished WAL that does not arrive in the archive. */
import { isArchiving, isArchiveFailing, ARCHIVE_BACKLOG_AGE_MS } from '../../../archive/archiver.ts';
import { formatDuration } from '../../../format/duration.ts';
import { parseWalName } from '../../../postgres/wal-name.ts';
import { text, count } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { postgresSeen } from '../../observability.ts';
import { perNode } from '../../rule.ts';

const ARCHIVE_BACKLOG_CRITICAL_MS = 15 * 60_000;

const backlog = perNode(({ name, live }) => {
  const ageMs = live?.archiver.oldestReadyAgeMs ?? null;
  if (live === null || ageMs === null || ageMs <= ARCHIVE_BACKLOG_AGE_MS || !isArchiving(live) || isArchiveFailing(live)) return [];
  return [
    {
      severity: ageMs > ARCHIVE_BACKLOG_CRITICAL_MS ? 'critical' : 'warning',
      subject: null,
      summary: `${live.archiver.readyCount ?? 'Some'} finished segments on ${name} are waiting to be archived, the oldest for ${formatDuration(ageMs)} (limit ${formatDuration(ARCHIVE_BACKLOG_AGE_MS)}).`,
      evidence: {
        waitingSegments: count(live.archiver.readyCount),
        oldestWaitsFor: { kind: 'durationMs', value: ageMs },
        lastArchivedWal: text(live.archiver.lastArchivedWal),
      },
    },
  ];
});

/** The archiver reports success, but the repository does not list what it says to have stored. Only a listing can tell. */
const notListed = perNode(({ name, live, node }) => {
  const repository = node.facts?.backupRepository;
  const segmentBytes = node.facts?.control?.walSegmentBytes;
  const { lastArchivedWal, lastArchivedAt } = live?.archiver ?? {};
  if (live == null || !isArchiving(live) || !repository?.readable || segmentBytes === undefined) return [];
  // Only what was reported stored before the listing was made has to be in it. Both instants are from the node's clock.
  if (lastArchivedAt == null || Date.parse(lastArchivedAt) >= Date.parse(node.facts!.observedAt)) return [];
  const reported = parseWalName(lastArchivedWal ?? '', segmentBytes);
  const listed = repository.archiveNewestWal === null ? null : parseWalName(repository.archiveNewestWal, segmentBytes);
  if (reported === null || (listed !== null && (listed.timeline !== reported.timeline || listed.number >= reported.number))) return [];
  return [
    {
      severity: 'critical',
      subject: 'repository',
      summary: `${name} reports ${lastArchivedWal} as archived, but the newest segment in the repository is ${repository.archiveNewestWal ?? 'none'}.`,
      evidence: { reported: text(lastArchivedWal ?? null), newestInRepository: text(repository.archiveNewestWal) },
    },
  ];
});

export const archiveStalled: FindingKind<'archive-stalled'> = {
  code: 'archive-stalled',
  title: 'WAL archiving is stalled',
  impact: 'Finished WAL does not reach the archive: recovery to a recent point is not possible.',
  likelyCauses: ['archive_command hangs.', 'The repository is slow.', 'archive_command reports success without storing the file.'],
  nextAction:
    'On {node}: `SELECT * FROM pg_stat_archiver`, look for a hanging archiver process, and list the repository with `pgbackrest info`.',
  subject: 'repository',
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: postgresSeen,
  explains: ['archive-backlog'],
  cause: (finding, look) => look.find(['failing-archiver'], look.on(finding.nodeName)) ?? look.awayOn(finding.nodeName),
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  rule: (context) => [...backlog(context), ...notListed(context)],
};
