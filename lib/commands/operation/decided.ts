import { Refusal } from '../define.ts';

/** Refuses a decision about an operation when there is a reason against it. */
export function refuseFor(reasons: readonly string[], label: string): void {
  if (reasons.length > 0) throw new Refusal(reasons, label, { code: 'not-now' });
}
