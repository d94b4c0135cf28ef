/** Defines the result of `check` for one subject. */
export interface CheckResult {
  subject: string;
  /** `missing` makes `check` fail; `advice` doesn't. */
  verdict: 'ok' | 'advice' | 'missing';
  /** The finding, as a sentence. */
  found: string;
  /** The exact SQL, line or command that fixes it; `null` when there is nothing to fix. */
  remedy: string | null;
}

export const ok = (subject: string, found: string): CheckResult => ({ subject, verdict: 'ok', found, remedy: null });
export const missing = (subject: string, found: string, remedy: string): CheckResult => ({ subject, verdict: 'missing', found, remedy });
export const advice = (subject: string, found: string, remedy: string): CheckResult => ({ subject, verdict: 'advice', found, remedy });

const MARKS = { ok: 'ok     ', advice: 'advice ', missing: 'MISSING' } as const;

/** For people: one line per subject, and the remedy below it. */
export function renderReport(results: readonly CheckResult[]): string {
  const lines = results.flatMap(({ subject, verdict, found, remedy }) => [
    `${MARKS[verdict]}  ${subject}: ${found}`,
    ...(remedy === null ? [] : remedy.split('\n').map((line) => `             ${line}`)),
  ]);
  const bad = results.filter((result) => result.verdict === 'missing').length;
  return `${lines.join('\n')}\n\n${bad === 0 ? 'Nothing is missing.' : `${bad} ${bad === 1 ? 'thing is' : 'things are'} missing.`}\n`;
}

/** As they travel with the facts: one sentence each. */
export const problemSentences = (results: readonly CheckResult[]): string[] =>
  results.filter((result) => result.verdict === 'missing').map(({ subject, found }) => `${subject}: ${found}`);
