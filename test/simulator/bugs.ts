/** Faults that are planted on purpose. Each must be found by the simulator, which shows that its checks can fail. */
export const BUGS = [
  /** The agent believes what comes of an older term. */
  'no-term-check',
  /** The agent does not know what it has done: a copy of a command that comes late is performed again. */
  'forgets-what-it-did',
  /** A former leader that comes back is not stopped. */
  'no-guard',
  /** The plan promotes before the old primary is stopped or fenced. */
  'promote-before-fence',
  /** The new primary is promoted without waiting for the shutdown checkpoint. */
  'no-wait-for-wal',
  /** The standbys keep receiving while a candidate is chosen, and the first that answered is taken. */
  'first-candidate',
  /** The controller takes the effect of an unanswered step for granted. */
  'assumes-success',
  /** The controller writes `step-done` before it has the result. */
  'done-before-effect',
  /** An agent that was restarted while it copied a directory takes the copy for done. */
  'half-is-done',
  /** The plan keeps what only the old primary has after its directory was brought onto the new line. */
  'ledger-after-rewind',
] as const;
export type Bug = (typeof BUGS)[number];
