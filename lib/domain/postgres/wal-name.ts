/** Names of WAL segments, as they stand in `pg_wal` and in an archive. */

export interface WalSegment {
  timeline: number;
  /** Position of the segment's first byte divided by the segment size. */
  number: bigint;
}

/** A run of segments that is not there, first and last name included. */
export interface WalGap {
  first: string;
  last: string;
  segments: bigint;
}

export const DEFAULT_WAL_SEGMENT_BYTES = 16 * 1024 * 1024;

const SEGMENT_PATTERN = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/;
const LOG_BYTES = 1n << 32n;

const hex8 = (value: bigint | number) => value.toString(16).toUpperCase().padStart(8, '0');
const segmentsPerLog = (segmentBytes: number) => LOG_BYTES / BigInt(segmentBytes);

/**
 * The segment that a file name stands for; `null` for everything else in these directories (`.partial`, `.backup`,
 * `.history`, temporary files) and for a name that can't exist at this segment size.
 */
export function parseWalName(name: string, segmentBytes = DEFAULT_WAL_SEGMENT_BYTES): WalSegment | null {
  const match = SEGMENT_PATTERN.exec(name);
  if (match === null) return null;
  const timeline = Number.parseInt(match[1]!, 16);
  const low = BigInt(`0x${match[3]}`);
  if (timeline === 0 || low >= segmentsPerLog(segmentBytes)) return null;
  return { timeline, number: BigInt(`0x${match[2]}`) * segmentsPerLog(segmentBytes) + low };
}

export function formatWalName(segment: WalSegment, segmentBytes = DEFAULT_WAL_SEGMENT_BYTES): string {
  const perLog = segmentsPerLog(segmentBytes);
  return hex8(segment.timeline) + hex8(segment.number / perLog) + hex8(segment.number % perLog);
}

/** The segment that holds the byte at `lsn`. */
export function walNameAt(timeline: number, lsn: bigint, segmentBytes = DEFAULT_WAL_SEGMENT_BYTES): string {
  return formatWalName({ timeline, number: lsn / BigInt(segmentBytes) }, segmentBytes);
}

/** Consecutive segments of one timeline, first and last included. */
export interface WalSpan {
  timeline: number;
  first: bigint;
  last: bigint;
}

/**
 * The holes between spans that are sorted by timeline and number and don't overlap. A new timeline starts where it forked, so the
 * step from one timeline to the next is no gap.
 */
export function gapsBetween(spans: readonly WalSpan[], segmentBytes = DEFAULT_WAL_SEGMENT_BYTES): WalGap[] {
  return spans.flatMap(({ timeline, first }, index) => {
    const before = spans[index - 1];
    if (before === undefined || before.timeline !== timeline || first - before.last <= 1n) return [];
    return [
      {
        first: formatWalName({ timeline, number: before.last + 1n }, segmentBytes),
        last: formatWalName({ timeline, number: first - 1n }, segmentBytes),
        segments: first - before.last - 1n,
      },
    ];
  });
}
