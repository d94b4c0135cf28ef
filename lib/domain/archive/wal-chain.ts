/** Turns a WAL listing into ranges without a gap, and the gaps between them. */
import type { WalListing } from '../../agent-contract/facts.ts';
import type { WalSpan } from '../postgres/wal-name.ts';
import { formatWalName, parseWalName } from '../postgres/wal-name.ts';

/** Segments that are stored at the same time may arrive out of order: what is younger than this is still under way. */
export const IN_FLIGHT_MS = 30_000;

export interface ChainLink extends WalSpan {
  firstStoredAt: string;
  lastStoredAt: string;
}

/** Segments of one timeline that are not there though later ones are. */
export interface WalHole extends WalSpan {
  firstName: string;
  lastName: string;
  segments: number;
  /** When the segment before it was stored: recovery that comes from before gets as far as this. */
  beforeStoredAt: string;
  /** When the first segment after it was stored. */
  afterStoredAt: string;
}

export interface WalChain {
  segmentBytes: number;
  /** When the listing began: what was stored later is not in it. */
  listedAt: string;
  links: ChainLink[];
  holes: WalHole[];
}

/** Links in order, those that touch made one. Names that are no segments of this size are passed over. */
export function walChain(listing: WalListing, segmentBytes: number): WalChain {
  const links: ChainLink[] = [];
  const parsed = listing.runs.flatMap((run): ChainLink[] => {
    const [first, last] = [parseWalName(run.first, segmentBytes), parseWalName(run.last, segmentBytes)];
    if (first === null || last === null || first.timeline !== last.timeline || last.number < first.number) return [];
    const { firstStoredAt, lastStoredAt } = run;
    return [{ timeline: first.timeline, first: first.number, last: last.number, firstStoredAt, lastStoredAt }];
  });
  parsed.sort((a, b) => a.timeline - b.timeline || (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  for (const link of parsed) {
    const before = links.at(-1);
    if (before === undefined || before.timeline !== link.timeline || link.first > before.last + 1n) links.push({ ...link });
    else if (link.last > before.last) Object.assign(before, { last: link.last, lastStoredAt: link.lastStoredAt });
  }
  const settledBeforeMs = Date.parse(listing.startedAt) - IN_FLIGHT_MS;
  const holes = links.flatMap((link, index): WalHole[] => {
    const before = links[index - 1];
    if (before === undefined || before.timeline !== link.timeline || Date.parse(link.firstStoredAt) > settledBeforeMs) return [];
    const { timeline } = link;
    const [first, last] = [before.last + 1n, link.first - 1n];
    return [
      {
        ...{ timeline, first, last, segments: Number(last - first + 1n) },
        firstName: formatWalName({ timeline, number: first }, segmentBytes),
        lastName: formatWalName({ timeline, number: last }, segmentBytes),
        beforeStoredAt: before.lastStoredAt,
        afterStoredAt: link.firstStoredAt,
      },
    ];
  });
  return { segmentBytes, listedAt: listing.startedAt, links, holes };
}

/** The link that holds a segment; `null` when none does. */
export function linkWith(chain: WalChain, name: string): ChainLink | null {
  const segment = parseWalName(name, chain.segmentBytes);
  if (segment === null) return null;
  return (
    chain.links.find((link) => link.timeline === segment.timeline && link.first <= segment.number && segment.number <= link.last) ?? null
  );
}

/**
 * How far recovery gets from a segment on: through its link, and on to a later timeline that began within or right after it. Which
 * timeline forked from which stands in history files that are not read here: the next one in number is taken to follow.
 */
export function reachFrom(chain: WalChain, link: ChainLink): { end: ChainLink; stoppedBy: WalHole | null } {
  let end = link;
  for (;;) {
    const next = nextTimeline(chain, end);
    if (next === null) break;
    end = next;
  }
  return { end, stoppedBy: chain.holes.find((hole) => hole.timeline === end.timeline && hole.first === end.last + 1n) ?? null };
}

function nextTimeline({ links }: WalChain, end: ChainLink): ChainLink | null {
  const later = links.find(({ timeline }) => timeline > end.timeline);
  // `find` gives the first link of the nearest later timeline, because links are sorted.
  return later !== undefined && later.first <= end.last + 1n && later.first >= end.first ? later : null;
}
