/** Describes the audit page. */

export const AUDIT_OUTCOMES = ['done', 'denied', 'refused', 'started', 'failed'] as const;

export interface AuditEntry {
  /** Decimal text: it grows without end. */
  sequence: string;
  at: string;
  actor: string;
  action: string;
  subject: string;
  outcome: string;
  /** Why, as the person said it, or why it was refused; taken from the details. */
  why: string | null;
  /** Details as they were recorded. */
  body: unknown;
  hash: string;
}

export interface AuditFilter {
  /** Parts of the text, in any case; `null` = all. */
  actor: string | null;
  action: string | null;
  subject: string | null;
  outcome: string | null;
  /** ISO instants; from included, to not. */
  from: string | null;
  to: string | null;
}

export interface AuditAnswer {
  serverTime: string;
  entries: AuditEntry[];
  /** Give it back to get the next, older ones; `null` = these were the last. */
  cursor: string | null;
}

/** How far the hash chain of the audit log was verified, by whom reads it now. */
export interface ChainStatus {
  serverTime: string;
  state: 'intact' | 'broken' | 'verifying';
  /** Number of the last event that was verified, and its hash. `0` = none yet. */
  verifiedSequence: string;
  verifiedHash: string;
  /** When that was; `null` = not yet. */
  verifiedAt: string | null;
  /** Of the log as it is now: what came after the verified one is verified with the next look. */
  newestSequence: string;
  /** Only when broken: the first event that is wrong or missing, and how. */
  broken: { sequence: string; reason: string } | null;
}
