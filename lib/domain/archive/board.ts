/** Everything the archive page shows of a cluster: who archives and how far, the chain of WAL, the backups, what can be recovered. */
import type { ArchiverLog, Backup, BackupRepository } from '../../agent-contract/facts.ts';
import { isArchiveFailing, isArchiving } from './archiver.ts';
import type { Archiver } from '../../agent-contract/observation.ts';
import { isUnknownWord } from '../postgres/unknown-word.ts';
import type { Finding } from '../findings/model.ts';
import { findingKind } from '../findings/registry.ts';
import { settingOf } from '../findings/rule.ts';
import { formatWalName } from '../postgres/wal-name.ts';
import type { Role } from '../topology/model.ts';
import type { Sighting, Sightings } from '../topology/sighting.ts';
import type { BackupReach, HoleCost, RecoveryWindow } from './recovery.ts';
import { costOf, reachOf, recoveryWindow } from './recovery.ts';
import type { SeenRepository } from './repository.ts';
import { bestRepository, segmentBytesOf } from './repository.ts';
import { walChain } from './wal-chain.ts';

export interface ArchiverRow {
  name: string;
  role: Role;
  observedAt: string | null;
  fresh: boolean;
  /** Why nothing is known now; `null` when it is. */
  problem: string | null;
  mode: Archiver['mode'] | null;
  /** With `archive_mode = on` only a primary archives. `null` = unknown. */
  archives: boolean | null;
  failing: boolean | null;
  /** When Farshore first saw it fail; `null`: unknown (yet) or not failing. */
  failingSince: string | null;
  lastArchivedWal: string | null;
  lastArchivedAt: string | null;
  lastFailedWal: string | null;
  lastFailedAt: string | null;
  archivedCount: number | null;
  failedCount: number | null;
  readyCount: number | null;
  oldestReadyAgeMs: number | null;
  /** `archive_command` without secrets, or the library. */
  command: string | null;
  timeout: string | null;
  /** The server's own words; `null`: this agent does not read the log. */
  log: (ArchiverLog & { readAt: string }) | null;
}

export interface ChainRow {
  timeline: number;
  firstName: string;
  lastName: string;
  segments: number;
  firstStoredAt: string;
  lastStoredAt: string;
}

export interface HoleRow {
  firstName: string;
  lastName: string;
  timeline: number;
  segments: number;
  harmless: boolean;
  brokenBackups: string[];
  from: string;
  to: string | null;
}

export interface BackupRow {
  label: string;
  type: Backup['type'];
  startedAt: string;
  finishedAt: string;
  databaseBytes: number;
  repositoryBytes: number;
  state: BackupReach['state'];
  reason: string | null;
  reachesTo: string | null;
  /** Name of the first segment that recovery from it lacks; `null`: it continues to the newest WAL, or that is unknown. */
  stopsAt: string | null;
}

export interface RepositoryBoard {
  stanza: string;
  /** Which agent says all this, and when it looked. */
  seenBy: string;
  readAt: string;
  readable: boolean;
  message: string | null;
  encrypted: boolean | null;
  newestWal: string | null;
  /** `null` with `listingMessage`: the WAL was never listed. */
  listing: { startedAt: string; listedBy: string; segments: number; storedBytes: number; complete: boolean } | null;
  listingMessage: string | null;
  chain: ChainRow[];
  holes: HoleRow[];
  backups: BackupRow[];
  window: RecoveryWindow;
}

export interface ArchiveBoard {
  computedAt: string;
  archivers: ArchiverRow[];
  repository: RepositoryBoard | null;
  /** Nodes whose agent sees no repository, each with the reason. */
  blind: { name: string; reason: string }[];
}

/** More links than this are cut at the old end; the page says so by `complete`. */
const CHAIN_ROWS_MAX = 100;

export function archiveBoard(sightings: Sightings, findings: readonly Finding[], nowMs: number): ArchiveBoard {
  const all = [...sightings.values()];
  const best = bestRepository(all);
  return {
    computedAt: new Date(nowMs).toISOString(),
    archivers: all.map((sighting) => archiverRow(sighting, findings)),
    repository: best === null ? null : repositoryBoard(best, all),
    blind: all.flatMap(({ name, node }) => {
      const reason = whyBlind(node.facts === null ? undefined : node.facts.backupRepository);
      return reason === null ? [] : [{ name, reason }];
    }),
  };
}

function whyBlind(repository: BackupRepository | null | undefined): string | null {
  if (repository === undefined) return 'Its agent has not reported any facts yet.';
  if (repository === null) return 'Its agent has no stanza: set [backup] stanza in agent.toml.';
  return repository.readable ? null : (repository.message ?? 'No reason given.');
}

function archiverRow(
  { name, role, node, fresh, observation, postgres, live, observedAtMs }: Sighting,
  findings: readonly Finding[],
): ArchiverRow {
  const archiver = postgres?.archiver ?? null;
  const archives = postgres === null || isUnknownWord(postgres.archiver.mode) ? null : isArchiving(postgres);
  const failing = live === null ? null : isArchiveFailing(live);
  const { facts } = node;
  const library = settingOf(facts, 'archive_library');
  return {
    ...{ name, role, fresh, archives, failing },
    observedAt: observedAtMs === null ? null : new Date(observedAtMs).toISOString(),
    problem:
      observation === null
        ? `The agent of ${name} has never reported.`
        : postgres === null
          ? (observation.server.message ?? `PostgreSQL on ${name} is ${observation.server.state.replace('-', ' ')}.`)
          : fresh
            ? null
            : 'Its agent does not report: these are the last values seen.',
    failingSince: findings.find((finding) => isFailingArchiver(finding) && finding.nodeName === name)?.since ?? null,
    mode: archiver?.mode ?? null,
    lastArchivedWal: archiver?.lastArchivedWal ?? null,
    lastArchivedAt: archiver?.lastArchivedAt ?? null,
    lastFailedWal: archiver?.lastFailedWal ?? null,
    lastFailedAt: archiver?.lastFailedAt ?? null,
    archivedCount: archiver?.archivedCount ?? null,
    failedCount: archiver?.failedCount ?? null,
    readyCount: archiver?.readyCount ?? null,
    oldestReadyAgeMs: archiver?.oldestReadyAgeMs ?? null,
    command: library !== null && library !== '' ? library : settingOf(facts, 'archive_command') || null,
    timeout: settingOf(facts, 'archive_timeout'),
    log: facts?.archiverLog == null ? null : { ...facts.archiverLog, readAt: facts.observedAt },
  };
}

function repositoryBoard({ sighting, repository, listedBy }: SeenRepository, all: readonly Sighting[]): RepositoryBoard {
  const { name, node } = sighting;
  const segmentBytes = segmentBytesOf(all);
  const listing = repository.wal ?? null;
  const chain = listing === null || segmentBytes === null ? null : walChain(listing, segmentBytes);
  const reaches = repository.backups.map((backup) => reachOf(backup, chain));
  return {
    stanza: repository.stanza,
    seenBy: name,
    readAt: node.facts!.observedAt,
    readable: repository.readable,
    message: repository.message,
    encrypted: repository.encrypted,
    newestWal: repository.archiveNewestWal,
    listing:
      listing === null || listedBy === null
        ? null
        : {
            startedAt: listing.startedAt,
            listedBy,
            segments: listing.segments,
            storedBytes: listing.storedBytes,
            complete: listing.complete,
          },
    listingMessage: repository.walMessage ?? (listing === null ? 'This agent does not list the WAL of the repository.' : null),
    chain:
      chain === null
        ? []
        : chain.links.slice(-CHAIN_ROWS_MAX).map(({ timeline, first, last, firstStoredAt, lastStoredAt }) => ({
            ...{ timeline, firstStoredAt, lastStoredAt, segments: Number(last - first + 1n) },
            firstName: formatWalName({ timeline, number: first }, chain.segmentBytes),
            lastName: formatWalName({ timeline, number: last }, chain.segmentBytes),
          })),
    holes: chain === null ? [] : chain.holes.map((hole) => holeRow(costOf(hole, reaches, chain.segmentBytes))),
    backups: reaches.toReversed().map(backupRow),
    window: recoveryWindow(reaches),
  };
}

function holeRow({ hole, harmless, brokenBackups, from, to }: HoleCost): HoleRow {
  const { firstName, lastName, timeline, segments } = hole;
  return { firstName, lastName, timeline, segments, harmless, brokenBackups, from, to };
}

function backupRow({ backup, state, reason, reachesTo, stoppedBy }: BackupReach): BackupRow {
  const { label, type, startedAt, finishedAt, databaseBytes, repositoryBytes } = backup;
  return {
    ...{ label, type, startedAt, finishedAt, databaseBytes, repositoryBytes, state, reason, reachesTo },
    stopsAt: stoppedBy?.firstName ?? null,
  };
}

function isFailingArchiver({ code }: Finding): boolean {
  return findingKind(code).explains.includes('failing-archiver');
}
