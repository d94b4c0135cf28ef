/** Rules about the second copy: the WAL archive and the backups. */
import { ageMs, isYoungerThan } from '../time/age.ts';
import type { PostgresObservation } from '../../agent-contract/observation.ts';
import type { BackupRepository } from '../../agent-contract/facts.ts';
import { costOf, reachOf } from '../archive/recovery.ts';
import { bestRepository, segmentBytesOf } from '../archive/repository.ts';
import { walChain } from '../archive/wal-chain.ts';
import { formatDuration } from '../format/duration.ts';
import { parseWalName } from '../postgres/wal-name.ts';
import type { Evidence, FindingCandidate } from './model.ts';
import type { Rule } from './rule.ts';
import { nodeRule } from './rule.ts';

/** A segment is archived within seconds of being finished; one that waits this long is stuck behind something. */
export const ARCHIVE_BACKLOG_AGE_MS = 2 * 60_000;
const ARCHIVE_BACKLOG_CRITICAL_MS = 15 * 60_000;
/** A weekly backup with a day's grace. */
export const BACKUP_AGE_MAX_MS = 8 * 24 * 3_600_000;

const text = (value: string | null): Evidence => ({ kind: 'text', value });
const count = (value: number | null): Evidence => ({ kind: 'count', value });
const instant = (value: string | null): Evidence => ({ kind: 'instant', value });

const minute = (at: string): string => `${at.slice(0, 16).replace('T', ' ')} UTC`;

/** With `archive_mode = on` only a primary archives; a standby does with `always`. */
export function isArchiving({ inRecovery, archiver }: PostgresObservation): boolean {
  return archiver.mode === 'always' || (archiver.mode === 'on' && !inRecovery);
}

/** The last thing that the archiver did was to fail. */
export function isArchiveFailing(postgres: PostgresObservation): boolean {
  const { lastFailedAt, lastArchivedAt } = postgres.archiver;
  if (!isArchiving(postgres) || lastFailedAt === null) return false;
  return lastArchivedAt === null || Date.parse(lastFailedAt) > Date.parse(lastArchivedAt);
}

const archiveFailing = nodeRule('archive-failing', ({ name, live }) => {
  if (live === null || !isArchiveFailing(live)) return [];
  const { archiver } = live;
  const success = archiver.lastArchivedAt === null ? 'it has never succeeded' : `its last success was ${archiver.lastArchivedWal}`;
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
});

const archiveBacklog = nodeRule('archive-stalled', ({ name, live }) => {
  const ageMs = live?.archiver.oldestReadyAgeMs ?? null;
  if (live === null || ageMs === null || ageMs <= ARCHIVE_BACKLOG_AGE_MS || !isArchiving(live) || isArchiveFailing(live)) return [];
  return [
    {
      severity: ageMs > ARCHIVE_BACKLOG_CRITICAL_MS ? 'critical' : 'warning',
      subject: null,
      summary: `${live.archiver.readyCount ?? 'Some'} finished segments on ${name} wait to be archived, the oldest for ${formatDuration(ageMs)}.`,
      evidence: {
        waitingSegments: count(live.archiver.readyCount),
        oldestWaitsFor: { kind: 'durationMs', value: ageMs },
        lastArchivedWal: text(live.archiver.lastArchivedWal),
      },
    },
  ];
});

/** The archiver reports success, but the repository does not list what it says to have stored. Only a listing can tell. */
const archiveHole = nodeRule('archive-stalled', ({ name, live, node }) => {
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

const archiveOff = nodeRule('archive-off', ({ name, live, role }) => {
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
});

/** About the cluster, like its backups: the node that lists the repository may change with the primary. */
const archiveGap: Rule = {
  code: 'archive-gap',
  evaluate: ({ sightings }) => {
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
        code: 'archive-gap',
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

/** About the cluster: any node that can read the repository speaks for it. */
const backupMissing: Rule = {
  code: 'backup-missing',
  evaluate: ({ sightings, nowMs }) => {
    const known = [...sightings.values()].filter(({ fresh, node }) => fresh && node.facts !== null);
    if (known.length === 0) return [];
    const repositories = known.flatMap(({ node }) => node.facts!.backupRepository ?? []);
    const problem = problemOf(repositories, nowMs);
    return problem === null ? [] : [{ code: 'backup-missing', nodeName: null, subject: null, ...problem }];
  },
};

function problemOf(
  repositories: readonly BackupRepository[],
  nowMs: number,
): Pick<FindingCandidate, 'severity' | 'summary' | 'evidence'> | null {
  const readable = repositories.filter((repository) => repository.readable);
  const first = repositories[0];
  if (first === undefined) {
    return { severity: 'warning', summary: 'No agent of this cluster knows a backup repository.', evidence: {} };
  }
  if (readable.length === 0) {
    const summary = `The backup repository (stanza ${first.stanza}) can’t be read: ${first.message ?? 'no reason was given'}.`;
    return { severity: 'warning', summary, evidence: { stanza: text(first.stanza), message: text(first.message) } };
  }
  const backups = readable.flatMap((repository) => repository.backups);
  const usable = backups.filter((backup) => !backup.failed).sort((a, b) => Date.parse(b.finishedAt) - Date.parse(a.finishedAt));
  const newest = usable[0];
  const evidence = {
    stanza: text(readable[0]!.stanza),
    usableBackups: count(usable.length),
    failedBackups: count(backups.length - usable.length),
    newestFinishedAt: instant(newest?.finishedAt ?? null),
  };
  if (newest === undefined) return { severity: 'critical', summary: 'There is no usable backup of this cluster.', evidence };
  if (isYoungerThan(newest.finishedAt, BACKUP_AGE_MAX_MS, nowMs)) return null;
  const age = ageMs(newest.finishedAt, nowMs);
  const summary = age === null ? 'The newest backup is dated in the future.' : `The newest backup is ${formatDuration(age)} old.`;
  return { severity: 'warning', summary, evidence };
}

export const ARCHIVE_RULES: readonly Rule[] = [archiveFailing, archiveBacklog, archiveHole, archiveGap, archiveOff, backupMissing];
