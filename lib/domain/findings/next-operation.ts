/** Names the operation that fixes a finding. A plan changes nothing: it shows what would be done, and what blocks it. */
import type { FindingCandidate, NextOperation } from './model.ts';

export const noOperation = (): null => null;

export function revert({ nodeName }: Pick<FindingCandidate, 'nodeName'>): NextOperation | null {
  return nodeName === null ? null : { kind: 'reversion', target: nodeName };
}
