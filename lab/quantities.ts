/** Times and rates as people type them. */

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000 };
const BITS: Readonly<Record<string, number>> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 };

/** `300ms`, `2s` or `300` (ms). @throws when it is none of these. */
export function parseMilliseconds(text: string): number {
  return parse(text, MILLISECONDS, 'ms', 'a time such as 300ms or 2s');
}

/** `1mbit`, `256kbit` or bits per second. @throws when it is none of these. */
export function parseBitsPerSecond(text: string): number {
  return parse(text, BITS, 'bit', 'a rate such as 1mbit or 256kbit');
}

function parse(text: string, units: Readonly<Record<string, number>>, usual: string, wanted: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = units[(unit || usual).toLowerCase()];
  if (digits === undefined || factor === undefined) throw new Error(`"${text}" is not ${wanted}.`);
  return Number(digits) * factor;
}
