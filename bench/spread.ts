/** Figures of several runs, and how they are printed. */

export interface Spread {
  runs: number;
  min: number;
  median: number;
  p95: number;
  max: number;
}

/** The p95 of few runs is the largest value below which 95 % of them lie: of ten runs that is the largest. `null` = no run. */
export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
  const first = sorted[0];
  const last = sorted.at(-1);
  if (first === undefined || last === undefined) return null;
  return { runs: sorted.length, min: first, median: at(0.5), p95: at(0.95), max: last };
}

export interface BenchRow {
  what: string;
  spread: Spread | null;
  /** Such as `≤ 250`; empty = no goal. `reached: null` = not measured. */
  goal: string;
  reached: boolean | null;
  note: string;
}

/** One line for each row, in milliseconds. */
export function printRows(title: string, rows: readonly BenchRow[]): void {
  const cells = rows.map(({ what, spread, goal, reached, note }) => [
    what,
    String(spread?.runs ?? 0),
    ...(spread === null ? ['–', '–', '–', '–'] : [spread.min, spread.median, spread.p95, spread.max].map((value) => value.toFixed(0))),
    goal,
    goal === '' ? '' : reached === null ? 'not measured' : reached ? 'reached' : 'MISSED',
    note,
  ]);
  const table = [['what, ms', 'n', 'min', 'median', 'p95', 'max', 'goal (p95)', '', 'note'], ...cells];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  console.log(`\n${title}`);
  for (const row of table) console.log(`| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
}
