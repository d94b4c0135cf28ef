/**
 * Reads as much of a message as can be understood: a word, a number or a row that this side does not know costs itself, not the whole
 * sample. PostgreSQL and agents may be newer than the reader.
 */
import { z } from 'zod';
import { LsnText } from './primitives.ts';

const WORD_CHARACTERS_MAX = 40;
const UNKNOWN = 'unknown: ';

/** A word of PostgreSQL's that this release does not know, kept as text for people. No rule may take it for a good state. */
export type UnknownWord = `unknown: ${string}`;

/** One of PostgreSQL's own words, of which a newer version may have more. Reading it twice changes nothing. */
export function openWord<const Known extends string>(known: readonly Known[]) {
  return z.string().transform((word): Known | UnknownWord => {
    if ((known as readonly string[]).includes(word)) return word as Known;
    const own = word.startsWith(UNKNOWN) ? word.slice(UNKNOWN.length) : word;
    return `${UNKNOWN}${own.slice(0, WORD_CHARACTERS_MAX)}`;
  });
}

/** `null` for what does not read as an LSN: one position less, not one node less. */
export const SalvagedLsn = LsnText.nullable().catch(null);

export interface SalvagedList<Row> {
  rows: Row[];
  /** Rows that could not be understood. */
  dropped: number;
  /** Rows beyond the most that are kept. */
  cut: number;
}

/** Reads a list row by row. What is no list at all has no rows, and counts as one that was dropped. */
export function salvageList<Row>(value: unknown, row: z.ZodType<Row>, rowsMax: number): SalvagedList<Row> {
  if (!Array.isArray(value)) return { rows: [], dropped: 1, cut: 0 };
  const kept = value.slice(0, rowsMax);
  const rows = kept.flatMap((element: unknown) => {
    const parsed = row.safeParse(element);
    return parsed.success ? [parsed.data] : [];
  });
  return { rows, dropped: kept.length - rows.length, cut: value.length - kept.length };
}
