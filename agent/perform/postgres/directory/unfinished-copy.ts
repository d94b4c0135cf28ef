/**
 * What a mark on the data directory says of what lies there. A copy that broke off may have left nothing by which the directory is known
 * as this cluster's (pgBackRest takes pg_control away first), and only the mark tells that it may be replaced.
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

/** Whether what lies there is worth nothing: left by a copy of this agent, of this database system. */
export const isOwnWreck = (mark: string | null, systemIdentifier: string): boolean =>
  mark !== null && (mark.startsWith(COPY) || mark === INTO_NOTHING || mark === over(systemIdentifier));
