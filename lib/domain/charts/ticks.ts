/** Places the grid lines of a chart's axes: round values of the unit, and round times of the viewer's zone. */

export type ValueUnit = 'bytes' | 'bytesPerSecond' | 'durationMs' | 'count';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** More lines than this are a grid to get lost in. */
const VALUE_TICKS_MAX = 4;

const DURATION_STEPS_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 4, 8, 12].map((hours) => hours * HOUR_MS),
];
const TIME_STEPS_MS = [
  ...[1, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 7, 14, 28, 91, 182, 364].map((days) => days * DAY_MS),
];

/** From 0 to at least `max`: the last tick is the top of the axis. Without any known value, 0 alone. */
export function valueTicks(max: number | null, unit: ValueUnit): number[] {
  if (max === null || !Number.isFinite(max) || max <= 0) return [0, leastTop(unit)];
  const step = valueStep(Math.max(max, leastTop(unit)) / VALUE_TICKS_MAX, unit);
  return Array.from({ length: Math.ceil(Math.max(max, leastTop(unit)) / step) + 1 }, (_, index) => index * step);
}

/** The top of an axis on which everything is 0: an idle server must not look busy because the scale shrank to nothing. */
function leastTop(unit: ValueUnit): number {
  return { bytes: 1024, bytesPerSecond: 1024, durationMs: 10, count: 4 }[unit];
}

function valueStep(least: number, unit: ValueUnit): number {
  switch (unit) {
    case 'bytes':
    case 'bytesPerSecond':
      return 2 ** Math.ceil(Math.log2(Math.max(1, least)));
    case 'durationMs':
      return DURATION_STEPS_MS.find((step) => step >= least) ?? Math.ceil(least / DAY_MS) * DAY_MS;
    case 'count': {
      const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
      return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least) ?? power * 10;
    }
  }
}

/**
 * Round times within a period, at most `ticksMax`. `offsetMs` gives the zone's offset (local minus UTC) at a moment, so that a day
 * begins where the viewer's does, also after the clocks changed.
 */
export function timeTicks(fromMs: number, toMs: number, ticksMax: number, offsetMs: (atMs: number) => number): number[] {
  if (!(toMs > fromMs) || ticksMax < 1) return [];
  const stepMs = TIME_STEPS_MS.find((step) => (toMs - fromMs) / step <= ticksMax) ?? TIME_STEPS_MS.at(-1)!;
  const ticks: number[] = [];
  const firstLocalMs = Math.ceil((fromMs + offsetMs(fromMs)) / stepMs) * stepMs;
  for (let localMs = firstLocalMs; ticks.length <= ticksMax; localMs += stepMs) {
    const atMs = localMs - offsetMs(localMs - offsetMs(fromMs));
    if (atMs > toMs) break;
    if (atMs >= fromMs && atMs !== ticks.at(-1)) ticks.push(atMs);
  }
  return ticks;
}
