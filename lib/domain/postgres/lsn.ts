/**
 * Log sequence numbers. PostgreSQL prints them as two hexadecimal halves (`16/B374D848`), which neither sort nor subtract as
 * text; here they are bigints, counted in bytes from `0/0`.
 */

const LSN_PATTERN = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/;
const LOW_HALF_BITS = 32n;
const LOW_HALF_MASK = 0xffffffffn;
const LSN_MAX = (1n << 64n) - 1n;

/** Bytes from `0/0`. Throws a `RangeError` that names the text when it is not an LSN. */
export function parseLsn(text: string): bigint {
  const match = LSN_PATTERN.exec(text);
  if (match === null) throw new RangeError(`“${text}” is not an LSN (expected two hexadecimal halves such as 0/3000060).`);
  return (BigInt(`0x${match[1]}`) << LOW_HALF_BITS) | BigInt(`0x${match[2]}`);
}

/** The same for a value that may be unknown or broken: doubt gives `null`, so that one bad row can't stop an evaluation. */
export function parseLsnOrNull(text: string | null | undefined): bigint | null {
  return text != null && LSN_PATTERN.test(text) ? parseLsn(text) : null;
}

/** As PostgreSQL prints it. Throws a `RangeError` outside of 64 bits. */
export function formatLsn(lsn: bigint): string {
  if (lsn < 0n || lsn > LSN_MAX) throw new RangeError(`${lsn} is not an LSN: it does not fit 64 bits.`);
  return `${(lsn >> LOW_HALF_BITS).toString(16)}/${(lsn & LOW_HALF_MASK).toString(16)}`.toUpperCase();
}

/** Bytes from `b` to `a`; negative when `a` is behind. Exact up to 8 PiB, which no two nodes of a cluster are apart. */
export function lsnDifferenceBytes(a: bigint, b: bigint): number {
  return Number(a - b);
}

/** The greatest of the positions that are known; `null` when none is. */
export function furthestLsn(...positions: readonly (bigint | null)[]): bigint | null {
  return positions.reduce((best, position) => (position !== null && (best === null || position > best) ? position : best), null);
}
