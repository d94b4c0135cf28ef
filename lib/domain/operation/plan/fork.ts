/** Where the WAL of two nodes parted, from the timeline histories that both report. */
import { parseLsn } from '../../postgres/lsn.ts';

/** A timeline and the position at which it was left; `null` for the one that is written now. */
interface Leg {
  timeline: number;
  endLsn: string | null;
}

export interface History {
  timeline: number;
  /** Ancestors, oldest first, as in the `.history` file. */
  ancestors: readonly { timeline: number; endLsn: string }[];
}

export interface Fork {
  /** The timeline that the first node stands on: what it has of its own is there, after `lsn`. */
  timeline: number;
  lsn: string;
}

/** Beyond every position: a node that never parted has nothing of its own after it. */
export const NEVER_PARTED_LSN = 'FFFFFFFF/FFFFFFFF';

const legsOf = ({ timeline, ancestors }: History): Leg[] => [...ancestors, { timeline, endLsn: null }];

/**
 * Where the line of `own` left that of `theirs`. `null` when they have no timeline in common: then nothing that one holds can be told
 * from what the other holds.
 */
export function findFork(own: History, theirs: History): Fork | null {
  const [mine, others] = [legsOf(own), legsOf(theirs)];
  let common: [Leg, Leg] | null = null;
  for (const [index, leg] of mine.entries()) {
    const other = others[index];
    if (other?.timeline !== leg.timeline) break;
    common = [leg, other];
    if (leg.endLsn !== other.endLsn) break;
  }
  if (common === null) return null;
  const ends = common.flatMap(({ endLsn }) => (endLsn === null ? [] : [endLsn])).toSorted((a, b) => (parseLsn(a) < parseLsn(b) ? -1 : 1));
  return { timeline: own.timeline, lsn: ends[0] ?? NEVER_PARTED_LSN };
}
