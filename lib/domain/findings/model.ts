/** Findings: what is wrong or risky now, from a closed list, with evidence, impact and the next safe action. */

export type Severity = 'critical' | 'warning' | 'info';

/** The closed list (DESIGN §4). A code is stable: screens, alerts, the API and evidence refer to it. */
export const FINDING_CODES = [
  'node-not-seen',
  'server-not-running',
  'server-not-responding',
  'primary-not-writable',
  'no-primary',
  'two-writable-nodes',
  'node-out-of-term',
  'timeline-fork',
  'standby-not-receiving',
  'standby-left-behind',
  'standby-not-seen-by-upstream',
  'replay-stalled',
  'replay-paused',
  'standby-missing',
  'wal-removed',
  'slot-inactive',
  'slot-will-be-lost',
  'slot-lost',
  'disk-filling',
  'archive-failing',
  'archive-stalled',
  'archive-gap',
  'archive-off',
  'sync-standby-missing',
  'tls-off',
  'tls-below-1-3',
  'certificate-expiring',
  'hba-too-wide',
  'hba-weak-method',
  'replication-superuser',
  'clock-skew',
  'version-mismatch',
  'parameter-mismatch',
  'collation-mismatch',
  'system-identifier-mismatch',
  'rewind-not-possible',
  'backup-missing',
  'residency-broken',
  'provider-concentration',
  'identity-duplicated',
  'agent-problem',
  'agent-unable',
  'directory-unusable',
  'journal-broken',
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

/** A measured value with its unit, so that every screen and report prints it the same way. `null` = unknown. */
export type Evidence =
  | { kind: 'bytes'; value: number | null }
  | { kind: 'bytesPerSecond'; value: number | null }
  | { kind: 'durationMs'; value: number | null }
  | { kind: 'count'; value: number | null }
  | { kind: 'instant'; value: string | null }
  | { kind: 'lsn'; value: string | null }
  | { kind: 'text'; value: string | null };

/** What one evaluation says is wrong, before hysteresis. The key of an occurrence is (cluster, code, node, subject). */
export interface FindingCandidate {
  code: FindingCode;
  severity: Severity;
  /** The node it is about; `null` when it is about the cluster. */
  nodeName: string | null;
  /** What on that node: a slot, a setting, a link, a line of pg_hba; `null` when it is the node itself. */
  subject: string | null;
  /** One sentence that names the thing and the figures. */
  summary: string;
  evidence: Record<string, Evidence>;
  /** Repeated from an open finding because what it rests on can't be seen now: it neither clears nor counts as seen again. */
  held?: true;
}

/** A finding that is open: candidate plus what is the same for every occurrence of its code. */
export interface Finding extends FindingCandidate {
  id: string;
  since: string;
  lastSeenAt: string;
  impact: string;
  likelyCauses: string[];
  nextAction: string;
}
