/** Chooses words and tones for archiving, backups and gaps. Pure. */
import type { ArchiverRow, BackupRow, HoleRow, RepositoryBoard } from '../../lib/domain/archive/board.ts';
import type { StateTone } from '../status/words.ts';

export function archiverState(row: ArchiverRow): { word: string; tone: StateTone } {
  if (!row.fresh || row.archives === null || row.mode === null) return { word: 'unknown', tone: 'unknown' };
  if (row.mode === 'off') return { word: 'archiving is off', tone: row.role === 'primary' ? 'bad' : 'info' };
  if (!row.archives) return { word: 'standby', tone: 'info' };
  if (row.failing === true) return { word: 'failing', tone: 'bad' };
  if (row.lastArchivedWal === null) return { word: 'nothing archived yet', tone: 'warn' };
  return { word: 'archiving', tone: 'good' };
}

export const BACKUP_TYPE: Record<BackupRow['type'], string> = { full: 'full', diff: 'differential', incr: 'incremental' };

export const BACKUP_STATE: Record<BackupRow['state'], { word: string; tone: StateTone }> = {
  restorable: { word: 'WAL complete', tone: 'good' },
  broken: { word: 'WAL missing', tone: 'bad' },
  failed: { word: 'has errors', tone: 'bad' },
  unknown: { word: 'unknown', tone: 'unknown' },
};

export const segmentsWord = (count: number): string => `${count.toLocaleString('en-US')} ${count === 1 ? 'segment' : 'segments'}`;

export const holeName = (hole: HoleRow): string => (hole.segments === 1 ? hole.firstName : `${hole.firstName} … ${hole.lastName}`);

export function encryptionWord(repository: RepositoryBoard): { word: string; tone: StateTone } {
  if (repository.encrypted === null) return { word: 'unknown', tone: 'unknown' };
  return repository.encrypted ? { word: 'encrypted', tone: 'good' } : { word: 'not encrypted', tone: 'warn' };
}

/** `null` when there is nothing to compare. */
export function comparison(row: ArchiverRow, repository: RepositoryBoard | null): string | null {
  if (row.archives !== true || row.lastArchivedWal === null || repository === null) return null;
  if (!repository.readable) return 'The repository can’t be read: the report can’t be checked.';
  if (repository.newestWal === null) return 'The repository lists no WAL.';
  // After a backup or a promotion the last file is a label or a history file, which has a segment's name in front or none at all.
  const reported = /^[0-9A-F]{24}/.exec(row.lastArchivedWal)?.[0];
  if (reported === undefined) return null;
  if (repository.newestWal === reported) return 'The repository’s newest segment is the reported one.';
  return repository.newestWal > reported
    ? `The repository has a later one: ${repository.newestWal}.`
    : `The repository’s newest was ${repository.newestWal} when it was read.`;
}
