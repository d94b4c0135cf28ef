/** Reads and writes the period of all charts of a page in its address: `?range=6h` follows now, `?from=…&to=…` stays. */
import { formatDuration } from '../format/duration.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const RANGE_PRESETS = [
  { key: '15m', label: '15 min', lengthMs: 15 * MINUTE_MS },
  { key: '1h', label: '1 h', lengthMs: HOUR_MS },
  { key: '6h', label: '6 h', lengthMs: 6 * HOUR_MS },
  { key: '24h', label: '24 h', lengthMs: DAY_MS },
  { key: '7d', label: '7 d', lengthMs: 7 * DAY_MS },
  { key: '30d', label: '30 d', lengthMs: 30 * DAY_MS },
  { key: '90d', label: '90 d', lengthMs: 90 * DAY_MS },
] as const;
export type RangeKey = (typeof RANGE_PRESETS)[number]['key'];
export const DEFAULT_RANGE_KEY: RangeKey = '1h';

/** Below this a chart of one-second samples shows nothing. */
export const RANGE_MIN_MS = 30 * SECOND_MS;
/** As far back as anything is kept (lib/db/ground/retention.ts). */
export const RANGE_MAX_MS = 730 * DAY_MS;
/** The end may lie a little ahead: clocks differ. */
const AHEAD_MAX_MS = HOUR_MS;
const REFRESH_MIN_MS = 5 * SECOND_MS;
const REFRESH_MAX_MS = 5 * MINUTE_MS;
/** How much of a live range may pass before it is read again: about a pixel. */
const REFRESH_FRACTION = 1 / 1_440;

/** `live` ends now, always; `fixed` are milliseconds since the epoch. */
export type TimeRange = { kind: 'live'; key: RangeKey } | { kind: 'fixed'; fromMs: number; toMs: number };

export interface RangeBounds {
  fromMs: number;
  toMs: number;
}

const lengthOf = (key: RangeKey): number => RANGE_PRESETS.find((preset) => preset.key === key)!.lengthMs;

/** An address that makes no sense gives the default range: addresses are typed by people. */
export function parseTimeRange(query: { range?: string | null; from?: string | null; to?: string | null }): TimeRange {
  const preset = RANGE_PRESETS.find(({ key }) => key === query.range);
  if (preset !== undefined) return { kind: 'live', key: preset.key };
  const bounds = boundsOrNull(Date.parse(query.from ?? ''), Date.parse(query.to ?? ''));
  return bounds === null ? { kind: 'live', key: DEFAULT_RANGE_KEY } : { kind: 'fixed', ...bounds };
}

/** The period in order, or `null` when it is no time, too short or too long. */
export function boundsOrNull(oneMs: number, otherMs: number): RangeBounds | null {
  const [fromMs, toMs] = oneMs <= otherMs ? [oneMs, otherMs] : [otherMs, oneMs];
  const lengthMs = toMs - fromMs;
  return lengthMs >= RANGE_MIN_MS && lengthMs <= RANGE_MAX_MS ? { fromMs, toMs } : null;
}

/** The same as the part of an address after the question mark. */
export function rangeSearch(range: TimeRange): string {
  if (range.kind === 'live') return new URLSearchParams({ range: range.key }).toString();
  return new URLSearchParams({ from: new Date(range.fromMs).toISOString(), to: new Date(range.toMs).toISOString() }).toString();
}

export function rangeBounds(range: TimeRange, nowMs: number): RangeBounds {
  return range.kind === 'fixed' ? { fromMs: range.fromMs, toMs: range.toMs } : { fromMs: nowMs - lengthOf(range.key), toMs: nowMs };
}

/** The same length, just before (-1) or after (1). What would end in the future follows now instead, where there is a preset for it. */
export function shiftRange(range: TimeRange, nowMs: number, direction: -1 | 1): TimeRange {
  const { fromMs, toMs } = rangeBounds(range, nowMs);
  return endingBy(nowMs, fromMs + direction * (toMs - fromMs), toMs + direction * (toMs - fromMs));
}

/** Shorter: of a range that follows now the next preset, or the newest half of the shortest; of a fixed one its middle half. */
export function zoomIn(range: TimeRange, nowMs: number): TimeRange {
  const { fromMs, toMs } = rangeBounds(range, nowMs);
  const halfMs = Math.max(RANGE_MIN_MS, Math.round((toMs - fromMs) / 2));
  if (range.kind === 'live') {
    const shorter = RANGE_PRESETS.findLast(({ lengthMs }) => lengthMs < toMs - fromMs);
    return shorter === undefined ? { kind: 'fixed', fromMs: toMs - halfMs, toMs } : { kind: 'live', key: shorter.key };
  }
  const middleMs = Math.round(fromMs + (toMs - fromMs - halfMs) / 2);
  return { kind: 'fixed', fromMs: middleMs, toMs: middleMs + halfMs };
}

export const isShortest = (range: TimeRange): boolean => range.kind === 'fixed' && range.toMs - range.fromMs <= RANGE_MIN_MS;

/** Twice as long around the same middle, not beyond now. */
export function zoomOut(range: TimeRange, nowMs: number): TimeRange {
  const { fromMs, toMs } = rangeBounds(range, nowMs);
  if (range.kind === 'live') {
    const longer = RANGE_PRESETS.find(({ lengthMs }) => lengthMs > toMs - fromMs);
    return longer === undefined ? range : { kind: 'live', key: longer.key };
  }
  const half = Math.min((toMs - fromMs) / 2, (RANGE_MAX_MS - (toMs - fromMs)) / 2);
  return endingBy(nowMs, fromMs - half, toMs + half);
}

function endingBy(nowMs: number, fromMs: number, toMs: number): TimeRange {
  if (toMs < nowMs) return { kind: 'fixed', fromMs: Math.round(fromMs), toMs: Math.round(toMs) };
  const lengthMs = toMs - fromMs;
  const preset = RANGE_PRESETS.find((candidate) => candidate.lengthMs === lengthMs);
  return preset !== undefined
    ? { kind: 'live', key: preset.key }
    : { kind: 'fixed', fromMs: Math.round(nowMs - lengthMs), toMs: Math.round(nowMs) };
}

/** How often a range that follows now is read again; `null` for one that stays. */
export function refreshIntervalMs(range: TimeRange): number | null {
  if (range.kind === 'fixed') return null;
  return Math.min(REFRESH_MAX_MS, Math.max(REFRESH_MIN_MS, lengthOf(range.key) * REFRESH_FRACTION));
}

/** `last 6 h`, or the length of a fixed one: `2 h 5 min`. */
export function rangeWords(range: TimeRange): string {
  if (range.kind === 'live') return `last ${RANGE_PRESETS.find(({ key }) => key === range.key)!.label}`;
  return formatDuration(range.toMs - range.fromMs);
}

/** Bounds the work that a request can ask for. */
export function isReadable({ fromMs, toMs }: RangeBounds, nowMs: number): boolean {
  return boundsOrNull(fromMs, toMs) !== null && fromMs < toMs && toMs <= nowMs + AHEAD_MAX_MS && fromMs > nowMs - 2 * RANGE_MAX_MS;
}
