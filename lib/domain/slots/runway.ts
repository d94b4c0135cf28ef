/** Computes how long until a slot loses its WAL or a disk is full, if WAL is written at the same rate and none is released. */
import type { HistoryPoint } from '../topology/inputs.ts';

/** Slower than this a forecast would only say "weeks": an idle primary's heartbeat is about 130 bytes a second. */
export const NEGLIGIBLE_BYTES_PER_SECOND = 1024;
/** The present rate is the mean of a minute … */
export const PRESENT_RATE_WINDOW_MS = 60_000;
/** … or of the last quarter of it when that is higher, so that a load that has just begun is not averaged away. */
export const BURST_RATE_WINDOW_MS = 15_000;
/** The p95 is of means over this many buckets (a minute), for the same reason as `sustainedRate` leaves out a single step. */
const P95_MEAN_BUCKETS = 6;
/** A window that is covered by less than this share says too little about it. */
const WINDOW_COVERAGE_MIN = 0.6;

export interface RunwayInput {
  freeBytes: number | null;
  /** Bytes that may still be written before the slot can be lost; `null` when retention has no limit. */
  safeWalBytes: number | null;
  presentBytesPerSecond: number | null;
  p95BytesPerSecond: number | null;
}

/** Minutes; `null` when the rate is unknown or about zero, or the limit does not exist. */
export interface Runway {
  slotLostAtPresentMinutes: number | null;
  slotLostAtP95Minutes: number | null;
  diskFullAtPresentMinutes: number | null;
  diskFullAtP95Minutes: number | null;
}

export function estimateRunway(input: RunwayInput): Runway {
  return {
    slotLostAtPresentMinutes: minutesUntil(input.safeWalBytes, input.presentBytesPerSecond),
    slotLostAtP95Minutes: minutesUntil(input.safeWalBytes, input.p95BytesPerSecond),
    diskFullAtPresentMinutes: minutesUntil(input.freeBytes, input.presentBytesPerSecond),
    diskFullAtP95Minutes: minutesUntil(input.freeBytes, input.p95BytesPerSecond),
  };
}

function minutesUntil(bytes: number | null, bytesPerSecond: number | null): number | null {
  if (bytes === null || bytesPerSecond === null || !(bytesPerSecond >= NEGLIGIBLE_BYTES_PER_SECOND)) return null;
  return Math.max(0, bytes) / bytesPerSecond / 60;
}

/** WAL bytes per second now, from the positions of a node's history; `null` when there is too little of it. */
export function presentWalBytesPerSecond(history: readonly HistoryPoint[], nowMs: number): number | null {
  const minute = meanRate(pointsWithin(history, nowMs, PRESENT_RATE_WINDOW_MS));
  const burst = sustainedRate(pointsWithin(history, nowMs, BURST_RATE_WINDOW_MS));
  if (minute === null || burst === null) return minute ?? burst;
  return Math.max(minute, burst);
}

interface Position {
  atMs: number;
  lsn: bigint;
}

/** The positions of a window, oldest first; empty when they cover too little of it. */
function pointsWithin(history: readonly HistoryPoint[], nowMs: number, windowMs: number): Position[] {
  // From the end: the window is a small part of the history.
  const first = history.findLastIndex((point) => point.atMs < nowMs - windowMs) + 1;
  const points = history.slice(first).flatMap((point) => {
    const lsn = point.flushLsn ?? point.receiveLsn;
    return lsn === null || point.atMs > nowMs ? [] : [{ atMs: point.atMs, lsn }];
  });
  const coveredMs = (points.at(-1)?.atMs ?? 0) - (points[0]?.atMs ?? 0);
  return coveredMs < windowMs * WINDOW_COVERAGE_MIN ? [] : points;
}

/** From two positions rather than from the mean of the samples' own rates: a missed sample then costs nothing. */
function meanRate(points: readonly Position[]): number | null {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || last.lsn < first.lsn) return null;
  return (Number(last.lsn - first.lsn) / (last.atMs - first.atMs)) * 1000;
}

/**
 * The mean without its largest step. `archive_timeout` makes an idle server jump to the next segment, 16 MB in one moment: over
 * a minute that is honest WAL, but over a few seconds it would look like a load.
 */
function sustainedRate(points: readonly Position[]): number | null {
  const steps = points.slice(1).map((point, index) => ({
    bytes: Number(point.lsn - points[index]!.lsn),
    ms: point.atMs - points[index]!.atMs,
  }));
  if (steps.length < 2 || steps.some(({ bytes, ms }) => bytes < 0 || ms <= 0)) return null;
  const kept = steps.toSorted((a, b) => a.bytes / a.ms - b.bytes / b.ms).slice(0, -1);
  const total = kept.reduce((sum, step) => ({ bytes: sum.bytes + step.bytes, ms: sum.ms + step.ms }), { bytes: 0, ms: 0 });
  return (total.bytes / total.ms) * 1000;
}

/** The 95th percentile of a node's WAL rate over its minutes, from buckets of 10 s; `null` with less than a minute of them. */
export function p95WalBytesPerSecond(buckets: readonly number[]): number | null {
  const means: number[] = [];
  let sum = 0;
  for (const [index, rate] of buckets.entries()) {
    sum += rate - (buckets[index - P95_MEAN_BUCKETS] ?? 0);
    if (index >= P95_MEAN_BUCKETS - 1) means.push(sum / P95_MEAN_BUCKETS);
  }
  return means.sort((a, b) => a - b)[Math.ceil(means.length * 0.95) - 1] ?? null;
}
