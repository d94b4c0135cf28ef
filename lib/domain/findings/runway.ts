/** How long until a slot loses its WAL or a disk is full, if WAL goes on being written as it is and nothing is released. */
import type { HistoryPoint } from '../topology/inputs.ts';

/** Slower than this a forecast would only say "weeks": an idle primary's heartbeat is about 130 bytes a second. */
export const NEGLIGIBLE_BYTES_PER_SECOND = 1024;
/** The present rate is the mean of a minute … */
export const PRESENT_RATE_WINDOW_MS = 60_000;
/** … or of the last quarter of it when that is higher, so that a burst that has just begun is not averaged away. */
export const BURST_RATE_WINDOW_MS = 15_000;
/** A window that is covered by less than this share says too little about it. */
const WINDOW_COVERAGE_MIN = 0.6;
/** A 95th percentile of fewer buckets would just be the maximum of a moment. */
const P95_BUCKETS_MIN = 6;

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
  const minute = rateOver(history, nowMs, PRESENT_RATE_WINDOW_MS);
  const burst = rateOver(history, nowMs, BURST_RATE_WINDOW_MS);
  if (minute === null || burst === null) return minute ?? burst;
  return Math.max(minute, burst);
}

/** From two positions rather than from the mean of the samples' own rates: a missed sample then costs nothing. */
function rateOver(history: readonly HistoryPoint[], nowMs: number, windowMs: number): number | null {
  const points = history.flatMap((point) => {
    const lsn = point.flushLsn ?? point.receiveLsn;
    return lsn === null || point.atMs < nowMs - windowMs || point.atMs > nowMs ? [] : [{ atMs: point.atMs, lsn }];
  });
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || last.atMs - first.atMs < windowMs * WINDOW_COVERAGE_MIN) return null;
  return last.lsn < first.lsn ? null : (Number(last.lsn - first.lsn) / (last.atMs - first.atMs)) * 1000;
}

/** The 95th percentile of a node's bucketed WAL rates; `null` with fewer than a minute of them. */
export function p95WalBytesPerSecond(buckets: readonly number[]): number | null {
  if (buckets.length < P95_BUCKETS_MIN) return null;
  const sorted = [...buckets].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)] ?? null;
}
