/** Answers which operation mends a finding. A plan changes nothing: it says what would be done, and what stands in its way. */
import type { FindingCandidate, NextOperation } from './model.ts';

export const noOperation = (): null => null;

export function revert({ nodeName }: Pick<FindingCandidate, 'nodeName'>): NextOperation | null {
  return nodeName === null ? null : { kind: 'reversion', target: nodeName };
}
