/** Computes which points in time can be recovered from backups and archived WAL, and what each gap in the WAL costs. */
import type { Backup } from '../../agent-contract/facts.ts';
import { parseWalName } from '../postgres/wal-name.ts';
import type { WalChain, WalHole } from './wal-chain.ts';
import { linkWith, reachFrom } from './wal-chain.ts';

export interface BackupReach {
  backup: Backup;
  /**
   * `restorable`: all WAL that it needs to be consistent is there; `broken`: some of it is missing; `failed`: the tool itself says that
   * the backup has errors; `unknown`: the WAL was not listed, or the backup does not say which it needs.
   */
  state: 'restorable' | 'broken' | 'failed' | 'unknown';
  reason: string | null;
  /** When the last segment was stored that recovery from this backup gets to; `null` = unknown or none. */
  reachesTo: string | null;
  lastWal: { timeline: number; number: bigint } | null;
  /** The gap that ends it; `null`: it continues to the newest WAL of the archive. */
  stoppedBy: WalHole | null;
}

/** A backup is called finished before its last WAL is stored: pgBackRest waits for it for so long (its archive-timeout). */
const LAST_WAL_ARRIVES_WITHIN_MS = 60_000;

export function reachOf(backup: Backup, chain: WalChain | null): BackupReach {
  const without = (state: BackupReach['state'], reason: string, stoppedBy: WalHole | null = null): BackupReach => {
    return { backup, state, reason, reachesTo: null, lastWal: null, stoppedBy };
  };
  if (backup.failed) return without('failed', 'pgBackRest found page checksum errors in it.');
  if (chain === null) return without('unknown', 'The WAL in the repository was not listed.');
  if (backup.startWal === null || backup.stopWal === null) return without('unknown', 'pgBackRest does not report which WAL it needs.');
  // A listing may come from another node, and be minutes older than the backup.
  if (!(Date.parse(backup.finishedAt) < Date.parse(chain.listedAt))) {
    return without('unknown', 'It ended after the last WAL listing; the next listing will tell.');
  }
  const link = linkWith(chain, backup.startWal);
  if (link === null || linkWith(chain, backup.stopWal) !== link) {
    const hole = chain.holes.find((candidate) => overlaps(candidate, backup, chain.segmentBytes)) ?? null;
    const listedAfterMs = Date.parse(chain.listedAt) - Date.parse(backup.finishedAt);
    if (hole === null && listedAfterMs < LAST_WAL_ARRIVES_WITHIN_MS) {
      return without('unknown', 'Its last WAL had not arrived at the last WAL listing, just after it ended; the next listing will tell.');
    }
    const missing = hole === null ? `WAL from ${backup.startWal} to ${backup.stopWal} is incomplete` : `${hole.firstName} is missing`;
    return without('broken', `${missing}: it can’t be made consistent.`, hole);
  }
  const { end, stoppedBy } = reachFrom(chain, link);
  return {
    ...{ backup, state: 'restorable', reason: null, reachesTo: end.lastStoredAt, stoppedBy },
    lastWal: { timeline: end.timeline, number: end.last },
  };
}

function overlaps(hole: WalHole, backup: Backup, segmentBytes: number): boolean {
  const [start, stop] = [parseWalName(backup.startWal ?? '', segmentBytes), parseWalName(backup.stopWal ?? '', segmentBytes)];
  return start !== null && stop !== null && start.timeline === hole.timeline && hole.first <= stop.number && start.number <= hole.last;
}

export interface HoleCost {
  hole: WalHole;
  /** No backup needs to pass it: recovery loses nothing. */
  harmless: boolean;
  /** Labels of backups that can't be made consistent because of it. */
  brokenBackups: string[];
  /** No point in time after this can be recovered … */
  from: string;
  /** … until this: the end of the first good backup after the hole. `null`: there is none, so until a new backup is taken. */
  to: string | null;
}

export function costOf(hole: WalHole, reaches: readonly BackupReach[], segmentBytes: number): HoleCost {
  const stopped = reaches.filter(({ stoppedBy }) => stoppedBy === hole);
  const after = reaches
    .filter(({ state, backup }) => state === 'restorable' && startsAfter(backup, hole, segmentBytes))
    .map(({ backup }) => backup.finishedAt)
    .sort((a, b) => Date.parse(a) - Date.parse(b));
  return {
    hole,
    harmless: stopped.length === 0,
    brokenBackups: stopped.filter(({ state }) => state === 'broken').map(({ backup }) => backup.label),
    from: hole.beforeStoredAt,
    to: after[0] ?? null,
  };
}

function startsAfter(backup: Backup, hole: WalHole, segmentBytes: number): boolean {
  const start = parseWalName(backup.startWal ?? '', segmentBytes);
  return start !== null && (start.timeline > hole.timeline || (start.timeline === hole.timeline && start.number > hole.last));
}

/** The two ends of what can be recovered. When they are `null`, `reason` says why, and `known` whether that means "none". */
export interface RecoveryWindow {
  known: boolean;
  oldest: { at: string; backup: string } | null;
  newest: { at: string; backup: string } | null;
  reason: string | null;
}

/** From all backups together. What lies between the ends may still have holes: see their cost. */
export function recoveryWindow(reaches: readonly BackupReach[]): RecoveryWindow {
  const good = reaches.filter(({ state }) => state === 'restorable');
  const oldest = good.toSorted((a, b) => Date.parse(a.backup.finishedAt) - Date.parse(b.backup.finishedAt))[0];
  const newest = good.toSorted(
    (a, b) => Date.parse(b.reachesTo!) - Date.parse(a.reachesTo!) || Date.parse(b.backup.finishedAt) - Date.parse(a.backup.finishedAt),
  )[0];
  if (oldest === undefined || newest === undefined) {
    const unknown = reaches.find(({ state }) => state === 'unknown');
    const reason =
      reaches.length === 0 ? 'There is no backup to restore.' : (unknown?.reason ?? 'No backup has all the WAL that it needs.');
    return { known: unknown === undefined, oldest: null, newest: null, reason };
  }
  return {
    known: true,
    oldest: { at: oldest.backup.finishedAt, backup: oldest.backup.label },
    // A backup that ended after the last segment was stored reaches at least its own end.
    newest: { at: laterOf(newest.reachesTo!, newest.backup.finishedAt), backup: newest.backup.label },
    reason: null,
  };
}

const laterOf = (a: string, b: string): string => (Date.parse(a) >= Date.parse(b) ? a : b);
