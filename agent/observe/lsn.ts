/** Position in bytes of an LSN as PostgreSQL prints it; exact, because positions pass 2^53 in theory and are subtracted here. */
export function lsnBytes(lsn: string): bigint {
  const [high, low] = lsn.split('/');
  return (BigInt(`0x${high ?? '0'}`) << 32n) | BigInt(`0x${low ?? '0'}`);
}

/** `to` minus `from` in bytes, or `null` when one is unknown. */
export const lsnDifferenceBytes = (to: string | null, from: string | null): number | null =>
  to === null || from === null ? null : Number(lsnBytes(to) - lsnBytes(from));

/** The greater of two positions; `null` only when both are unknown. */
export const greaterLsn = (one: string | null, other: string | null): string | null =>
  one === null || (other !== null && lsnBytes(other) > lsnBytes(one)) ? other : one;
