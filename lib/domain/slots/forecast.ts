/** A forecast that says why when it has no minutes: no limit, nothing written and nothing known are three different things. */
import { NEGLIGIBLE_BYTES_PER_SECOND } from './runway.ts';

export type Forecast =
  | { kind: 'minutes'; minutes: number }
  /** The room is used up: it happens at the next checkpoint, or has happened. */
  | { kind: 'now' }
  /** No limit is set, so that this never happens. */
  | { kind: 'no-limit' }
  /** Less than `NEGLIGIBLE_BYTES_PER_SECOND` is written. */
  | { kind: 'idle' }
  | { kind: 'unknown' };

/** The same room at two rates. */
export interface ForecastPair {
  present: Forecast;
  p95: Forecast;
}

/** When `roomBytes` are written at `bytesPerSecond`. `roomBytes` `null` = unknown. */
export function forecastOf(roomBytes: number | null, bytesPerSecond: number | null): Forecast {
  if (roomBytes === null) return { kind: 'unknown' };
  if (roomBytes <= 0) return { kind: 'now' };
  if (bytesPerSecond === null) return { kind: 'unknown' };
  if (bytesPerSecond < NEGLIGIBLE_BYTES_PER_SECOND) return { kind: 'idle' };
  return { kind: 'minutes', minutes: roomBytes / bytesPerSecond / 60 };
}

export const NO_LIMIT: ForecastPair = { present: { kind: 'no-limit' }, p95: { kind: 'no-limit' } };
export const UNKNOWN_FORECAST: ForecastPair = { present: { kind: 'unknown' }, p95: { kind: 'unknown' } };
