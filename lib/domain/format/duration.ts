/** Durations and ages in words. Two units at most: nobody needs the seconds of a three-day age. */
import { ageMs } from '../time/age.ts';
import { UNKNOWN } from './quantity.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const LADDER = [
  { unit: 'd', ms: DAY_MS, below: { unit: 'h', ms: HOUR_MS } },
  { unit: 'h', ms: HOUR_MS, below: { unit: 'min', ms: MINUTE_MS } },
  { unit: 'min', ms: MINUTE_MS, below: { unit: 's', ms: SECOND_MS } },
] as const;

/** `340 ms`, `1.2 s`, `14 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(durationMs: number | null): string {
  if (durationMs === null || !Number.isFinite(durationMs)) return UNKNOWN;
  if (durationMs < 0) return `-${formatDuration(-durationMs)}`;
  if (Math.round(durationMs) < SECOND_MS) return `${Math.round(durationMs)} ms`;
  const tenths = Math.round(durationMs / 100) / 10;
  if (tenths < 10) return `${tenths} s`;
  if (Math.round(durationMs / SECOND_MS) < 60) return `${Math.round(durationMs / SECOND_MS)} s`;
  for (const { unit, ms, below } of LADDER) {
    // Rounded in the smaller unit first, so that 59 min 59.9 s reads as 1 h and never as 59 min 60 s.
    const roundedMs = Math.round(durationMs / below.ms) * below.ms;
    if (roundedMs < ms) continue;
    const rest = Math.round((roundedMs % ms) / below.ms);
    return rest === 0 ? `${Math.floor(roundedMs / ms)} ${unit}` : `${Math.floor(roundedMs / ms)} ${unit} ${rest} ${below.unit}`;
  }
  return UNKNOWN;
}

export function formatSeconds(seconds: number | null): string {
  return formatDuration(seconds === null ? null : seconds * SECOND_MS);
}

/**
 * An upper bound, rounded up to a whole second: `1 s` for 0.4, `2 s` for 1.2, `1 min 6 s` for 65.3. Samples come each second, so that
 * anything finer would only flicker; rounding up keeps it a bound.
 */
export function formatBoundSeconds(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return UNKNOWN;
  const whole = Math.max(1, Math.ceil(seconds));
  // Beyond an hour the reader gets minutes, and a bound must not lose the seconds that were cut off.
  return formatSeconds(whole < HOUR_MS / SECOND_MS ? whole : Math.ceil(whole / 60) * 60);
}

export function formatMinutes(minutes: number | null): string {
  return formatDuration(minutes === null ? null : minutes * MINUTE_MS);
}

/** How long ago in whole seconds, so that it does not flicker: `14 s`. What a clock dates in the future is `unknown`. */
export function formatElapsed(at: string | number, nowMs: number): string {
  const age = ageMs(at, nowMs);
  return formatDuration(age === null ? null : Math.floor(age / SECOND_MS) * SECOND_MS);
}

/** `14 s ago`; `dated in the future` when clocks differ by more than they may. */
export const formatAgo = (at: string | number, nowMs: number): string =>
  ageMs(at, nowMs) === null ? 'dated in the future' : `${formatElapsed(at, nowMs)} ago`;

/** `seen 14 s ago`; `never seen` for `null`. An instant slightly ahead (clocks differ) reads as `seen just now`. */
export function formatAge(observedAt: string | null, nowMs: number): string {
  if (observedAt === null) return 'never seen';
  const age = ageMs(observedAt, nowMs);
  if (age === null) return Number.isNaN(Date.parse(observedAt)) ? UNKNOWN : 'seen at an unknown time';
  return age < SECOND_MS ? 'seen just now' : `seen ${formatAgo(observedAt, nowMs)}`;
}
