/** Findings: what is wrong or risky now, from a closed list, with evidence, impact and the next safe action. */
import type { FindingCode } from './registry.ts';

export type Severity = 'critical' | 'warning' | 'info';

/** A measured value with its unit: every screen and report prints it the same way. `null` = unknown. */
export type Evidence =
  | { kind: 'bytes'; value: number | null }
  | { kind: 'bytesPerSecond'; value: number | null }
  | { kind: 'durationMs'; value: number | null }
  | { kind: 'count'; value: number | null }
  | { kind: 'instant'; value: string | null }
  | { kind: 'lsn'; value: string | null }
  | { kind: 'text'; value: string | null };

/** One thing that an evaluation says is wrong, before hysteresis. The key of an occurrence is (cluster, code, node, subject). */
export interface FindingCandidate {
  code: FindingCode;
  severity: Severity;
  /** The node it is about; `null` when it is about the cluster. */
  nodeName: string | null;
  /** A slot, a setting, a link or a line of pg_hba on that node; `null` when it is the node itself. */
  subject: string | null;
  /** One sentence that names the thing and the figures. */
  summary: string;
  evidence: Record<string, Evidence>;
  /** Repeated from an open finding because what it rests on can't be seen now: it neither clears nor counts as seen again. */
  held?: true;
}

/** A plan to ask for: kind and nodes of the operation that fixes a finding. The agent knows findings and no kinds: a word here. */
export type NextOperation = { kind: string; target: string } | { kind: string; target: string; upstream: string };

/** Follows from the code of a finding (catalogue.ts). */
export interface FindingAdvice {
  impact: string;
  likelyCauses: string[];
  nextAction: string;
  nextOperation: NextOperation | null;
  /** Replaces the sentence about the cluster while this is open, with `{cluster}` for its name; `null` = it does not. */
  clusterSentence: string | null;
}

/** A finding that is open: candidate plus what is the same for every occurrence of its code. */
export interface Finding extends FindingCandidate, FindingAdvice {
  id: string;
  since: string;
  lastSeenAt: string;
}
