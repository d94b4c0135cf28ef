/** Judges whether an acknowledgement (“I know, it may wait”) still counts for a finding. */
import { findingKey } from './hysteresis.ts';
import type { FindingCandidate, Severity } from './model.ts';
import type { FindingCode } from './registry.ts';

export interface Acknowledgement {
  id: number;
  code: FindingCode;
  nodeName: string | null;
  subject: string | null;
  /** The finding's when it was acknowledged. */
  severity: Severity;
  reason: string;
  /** As the audit log names people. */
  by: string;
  at: string;
  expiresAt: string;
}

export const ACKNOWLEDGED_HOURS_MAX = 90 * 24;

const RANK: Record<Severity, number> = { critical: 0, warning: 1, info: 2 };

/**
 * `null` when there is none, it has expired, or the finding has become worse since. It is bound to the finding's subject, so a finding that
 * flaps stays acknowledged.
 */
export function acknowledgementOf(
  finding: Pick<FindingCandidate, 'code' | 'nodeName' | 'subject' | 'severity'>,
  acknowledgements: readonly Acknowledgement[],
  nowMs: number,
): Acknowledgement | null {
  const key = findingKey(finding);
  return (
    acknowledgements.find(
      (one) => findingKey(one) === key && Date.parse(one.expiresAt) > nowMs && RANK[finding.severity] >= RANK[one.severity],
    ) ?? null
  );
}
