/** How long each kind of step may take, and how often it is tried. Clients wait in the critical ones: these are short. */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

export const DEADLINES_MS = {
  report: 5 * SECOND_MS,
  /** A large shared_buffers on a slow disk; nobody waits for it. */
  checkpoint: 10 * MINUTE_MS,
  slot: 10 * SECOND_MS,
  synchronous: 10 * SECOND_MS,
  /** pgBackRest is asked once, perhaps in an object store. */
  archiveHold: 15 * SECOND_MS,
  follow: 15 * SECOND_MS,
  poolerPause: 4 * SECOND_MS,
  poolerSwitch: 5 * SECOND_MS,
  stopPrimary: 20 * SECOND_MS,
  startPrimary: 60 * SECOND_MS,
  term: 5 * SECOND_MS,
  awaitWal: 11 * SECOND_MS,
  catchUp: 61 * SECOND_MS,
  promote: 15 * SECOND_MS,
  promise: 3 * SECOND_MS,
  choose: 2 * SECOND_MS,
  fence: 10 * SECOND_MS,
  fenceByCommand: MINUTE_MS,
  startStandby: 5 * MINUTE_MS,
  streaming: 2 * MINUTE_MS,
  synchronousCommit: MINUTE_MS,
  verifyArchive: 90 * SECOND_MS,
  checkBackup: 2 * MINUTE_MS,
  keepDiverged: 30 * MINUTE_MS,
  rewind: HOUR_MS,
  copy: 24 * HOUR_MS,
  restart: 2 * MINUTE_MS,
  reload: 10 * SECOND_MS,
} as const;

/** Transactions that run this long keep a pooler from pausing, and then nothing has happened. */
export const PAUSE_WAIT_MS = 3 * SECOND_MS;
/** Walsenders of standbys that do not answer are ended after this long: a shutdown waits for each of them. */
export const DRAIN_MS = SECOND_MS;
/** For what a busy primary has ready, at most a segment, to reach the target over a slow link. Nobody waits meanwhile. */
export const CATCH_UP_WAIT_MS = 60 * SECOND_MS;
/** For the last WAL of the old primary to reach the target. */
export const LAST_WAL_WAIT_MS = 10 * SECOND_MS;
export const ARCHIVE_WAIT_MS = MINUTE_MS;
/** Rows that the loss ledger lists in full; the whole list stays on the node. */
export const LEDGER_ROWS_MAX = 5_000;
