/** Forecasts minutes, or says why it can't: no limit, nothing written and unknown are three different things. */
import { NEGLIGIBLE_BYTES_PER_SECOND } from './runway.ts';

export type Forecast =
  | { kind: 'minutes'; minutes: number }
  /** The reserve is used up: it happens at the next checkpoint, or has happened. */
  | { kind: 'now' }
  /** No limit is set: this never happens. */
  | { kind: 'no-limit' }
  /** Less than `NEGLIGIBLE_BYTES_PER_SECOND` is written. */
  | { kind: 'idle' }
  | { kind: 'unknown' };

/** The same reserve at two rates. */
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
