/**
 * Reads the mark of an unfinished copy on the data directory. A copy that broke off may have left nothing that identifies the directory as
 * this cluster's (pgBackRest removes pg_control first); only the mark tells that it may be replaced.
 */

const COPY = 'A base backup from';
const RESTORE = 'A restore from the backup';
const INTO_NOTHING = `${RESTORE} into an empty directory did not finish.`;
const over = (systemIdentifier: string): string => `${RESTORE} over the database system ${systemIdentifier} did not finish.`;

export const markOfCopy = (source: string): string => `${COPY} ${source} did not finish.`;

/** `before`: the mark that stands. `systemIdentifier`: of what lies there now; `null` = it does not say. */
export function markOfRestore(before: string | null, isEmpty: boolean, systemIdentifier: string | null): string {
  if (isEmpty) return INTO_NOTHING;
  if (systemIdentifier !== null) return over(systemIdentifier);
  // The restore before took away what would tell.
  return before !== null && (before.startsWith(RESTORE) || before.startsWith(COPY)) ? before : `${RESTORE} did not finish.`;
}

/** True if a copy of this agent, of this database system, left it: its contents are worth nothing. */
export const isOwnWreck = (mark: string | null, systemIdentifier: string): boolean =>
  mark !== null && (mark.startsWith(COPY) || mark === INTO_NOTHING || mark === over(systemIdentifier));
