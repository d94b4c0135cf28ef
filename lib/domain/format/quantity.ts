/** Quantities as every screen, sentence and report prints them. Unknown is the word “unknown”, never a zero. */

export const UNKNOWN = 'unknown';

const BYTE_UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'] as const;
const BYTES_PER_STEP = 1024;

/** `128 bytes`, `1.4 kB`, `12.9 MB`, `640 MB`: steps of 1024 with PostgreSQL's unit names. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null || !Number.isFinite(bytes)) return UNKNOWN;
  const sign = bytes < 0 ? '-' : '';
  const size = Math.abs(bytes);
  if (size < BYTES_PER_STEP) return `${sign}${Math.round(size)} ${Math.round(size) === 1 ? 'byte' : 'bytes'}`;
  let value = size;
  let unit = -1;
  // Compared after rounding, so that 1,048,575 bytes read as 1 MB and not as 1024 kB.
  while (unit < BYTE_UNITS.length - 1 && (unit < 0 || roundForReading(value) >= BYTES_PER_STEP)) {
    value /= BYTES_PER_STEP;
    unit += 1;
  }
  return `${sign}${roundForReading(value)} ${BYTE_UNITS[unit]}`;
}

export function formatBytesPerSecond(bytesPerSecond: number | null): string {
  return bytesPerSecond === null || !Number.isFinite(bytesPerSecond) ? UNKNOWN : `${formatBytes(bytesPerSecond)}/s`;
}

/** Of a fraction: 0.256 reads `26 %`, 0.031 reads `3.1 %`. */
export function formatPercent(fraction: number | null): string {
  if (fraction === null || !Number.isFinite(fraction)) return UNKNOWN;
  const percent = fraction * 100;
  return `${Math.abs(percent) < 10 ? Math.round(percent * 10) / 10 : Math.round(percent)} %`;
}

export function formatCount(count: number | null): string {
  return count === null || !Number.isFinite(count) ? UNKNOWN : Math.round(count).toLocaleString('en-US');
}

/** LSNs are printed as PostgreSQL does, in capitals. */
export function formatLsnText(lsn: string | null): string {
  return lsn === null ? UNKNOWN : lsn.toUpperCase();
}

/** One decimal below a hundred: more is noise to a reader, less hides the difference between 1.1 and 1.9. */
function roundForReading(value: number): number {
  return value < 100 ? Math.round(value * 10) / 10 : Math.round(value);
}
