/** Makes a check: value, threshold, verdict, and remedy. Unknown blocks: doubt denies. */
import type { Check } from '../model.ts';
import type { PictureNode } from '../plan/planning-topology.ts';
import { listed } from '../plan/planned.ts';

type About = Pick<Check, 'id' | 'title' | 'threshold'> & { node?: PictureNode | null };

export function check(about: About, verdict: Check['verdict'], value: string, mend: string): Check {
  const { node = null, ...rest } = about;
  return {
    ...rest,
    value,
    verdict,
    mend: verdict === 'pass' ? '' : mend,
    node: node?.name ?? null,
    observedAt: node?.view?.observedAt ?? null,
  };
}

/** A measured value against a limit: `null` is unknown. */
export function limited(about: About, measured: number | null, limit: number, format: (value: number) => string, mend: string): Check {
  if (measured === null) return check(about, 'unknown', 'unknown', `It can’t be measured now. ${mend}`);
  return check(about, measured <= limit ? 'pass' : 'fail', format(measured), mend);
}

/** The sentences of the checks that block. */
export const blockedBy = (checks: readonly Check[]): string[] =>
  checks
    .filter(({ verdict }) => verdict === 'fail' || verdict === 'unknown')
    .map(({ title, value, mend }) => `${title}: ${value}. ${mend}`.trim());

export const namesOrNone = (names: readonly string[]): string => (names.length === 0 ? 'none' : listed(names));
