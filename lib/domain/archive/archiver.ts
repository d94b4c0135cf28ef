/** Tells whether a server archives WAL, and whether that fails. */
import type { PostgresObservation } from '../../agent-contract/observation.ts';

/** A segment is archived within seconds of being finished; one that waits this long is stuck behind something. */
export const ARCHIVE_BACKLOG_AGE_MS = 2 * 60_000;

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
