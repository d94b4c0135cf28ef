/** Finds WAL that is missing in the middle of the archive. */
import { costOf, reachOf } from '../../../archive/recovery.ts';
import { bestRepository, segmentBytesOf } from '../../../archive/repository.ts';
import { walChain } from '../../../archive/wal-chain.ts';
import { noCause } from '../../cause-look.ts';
import { text, count, instant } from '../../evidence-values.ts';
import type { FindingKind } from '../../finding-kind.ts';
import { DEBOUNCED } from '../../hysteresis-policy.ts';
import { noOperation } from '../../next-operation.ts';
import { walListingSeen } from '../../observability.ts';

const minute = (at: string): string => `${at.slice(0, 16).replace('T', ' ')} UTC`;

export const archiveGap: FindingKind<'archive-gap'> = {
  code: 'archive-gap',
  title: 'Gap in the WAL archive',
  impact: 'Recovery stops at the gap: later points in time need a backup taken after it.',
  likelyCauses: [
    'A segment was deleted from the repository, or lost by its storage.',
    'archive_command reported success without storing the file, or was replaced for a while (for example by /bin/true).',
    'pgBackRest keeps WAL for less time (repo-retention-archive) than backups.',
  ],
  nextAction:
    'Take a new backup now: `pgbackrest --stanza=… --type=full backup`; every point in time after its end can be recovered again. If a node’s pg_wal or another copy of the archive still has the segment, keep it.',
  subject: null,
  hysteresis: DEBOUNCED,
  concludedFromSilence: false,
  isObservable: walListingSeen,
  explains: [],
  cause: noCause,
  groupedBy: 'occurrence',
  nextOperation: noOperation,
  clusterSentence: null,
  /** About the cluster, like its backups: the node that lists the repository may change with the primary. */
  rule: ({ sightings }) => {
    const fresh = [...sightings.values()].filter((sighting) => sighting.fresh);
    const seen = bestRepository(fresh);
    const segmentBytes = segmentBytesOf(fresh);
    if (seen?.repository.wal == null || segmentBytes === null) return [];
    const chain = walChain(seen.repository.wal, segmentBytes);
    const reaches = seen.repository.backups.map((backup) => reachOf(backup, chain));
    const costs = chain.holes.map((hole) => costOf(hole, reaches, segmentBytes)).filter(({ harmless }) => !harmless);
    // The one that still costs new points in time says most; then the newest.
    const worst = costs.findLast(({ to }) => to === null) ?? costs.at(-1);
    if (worst === undefined) return [];
    const { hole, from, to, brokenBackups } = worst;
    const missing = hole.segments === 1 ? hole.firstName : `${hole.segments} segments from ${hole.firstName} to ${hole.lastName}`;
    const others = costs.length === 1 ? '' : ` (and ${costs.length - 1} more ${costs.length === 2 ? 'hole' : 'holes'})`;
    const cost =
      to === null
        ? `no point in time after ${minute(from)} can be recovered until a new backup is taken`
        : `no point in time between ${minute(from)} and ${minute(to)} can be recovered`;
    return [
      {
        severity: to === null ? 'critical' : 'warning',
        nodeName: null,
        subject: null,
        summary: `The WAL archive lacks ${missing}${others}: ${cost}.`,
        evidence: {
          firstMissing: text(hole.firstName),
          lastMissing: text(hole.lastName),
          missingSegments: count(hole.segments),
          holes: count(costs.length),
          recoveryStopsAt: instant(from),
          recoveryGoesOnAt: instant(to),
          backupsBroken: text(brokenBackups.length === 0 ? 'none' : brokenBackups.join(', ')),
          listedAt: instant(seen.repository.wal.startedAt),
          listedBy: text(seen.listedBy),
        },
      },
    ];
  },
};
