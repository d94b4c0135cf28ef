/** Describes the findings page and `GET /api/v1/findings`. */
import type { Acknowledgement } from './acknowledgement.ts';
import type { Finding, Severity } from './model.ts';
import type { FindingCode } from './registry.ts';

/** A finding as listed: impact, likely causes and next action follow from its code (lib/domain/findings/catalogue.ts). */
export interface ListedFinding extends Pick<
  Finding,
  'id' | 'code' | 'severity' | 'nodeName' | 'subject' | 'summary' | 'evidence' | 'since' | 'lastSeenAt'
> {
  acknowledgement: Acknowledgement | null;
}

export interface ListedGroup {
  key: string;
  title: string;
  rootId: string | null;
  findings: ListedFinding[];
}

export interface ClusterFindings {
  slug: string;
  name: string;
  /** When the controller looked last; `null` = never. Findings say something about that moment only. */
  computedAt: string | null;
  groups: ListedGroup[];
}

export interface FindingsAnswer {
  serverTime: string;
  /** Every cluster, also those with nothing open. */
  clusters: ClusterFindings[];
  /** Findings that are open, but not listed because there are too many. */
  omitted: number;
}

/** Resolved findings, grouped by their subject. */
export interface PastFinding {
  cluster: string;
  clusterName: string;
  code: FindingCode;
  nodeName: string | null;
  subject: string | null;
  /** The worst it ever was in the period. */
  severity: Severity;
  /** Of the last occurrence. */
  summary: string;
  times: number;
  firstSince: string;
  lastResolvedAt: string;
  lastDurationMs: number;
  longestMs: number;
  totalMs: number;
}

export const HISTORY_DAYS = [7, 30] as const;
export type HistoryDays = (typeof HISTORY_DAYS)[number];

export interface FindingHistoryAnswer {
  serverTime: string;
  days: HistoryDays;
  past: PastFinding[];
}

/** The period of an address; 30 days when it names none. */
export function parseHistoryDays(text: unknown): HistoryDays {
  return text === '7' ? 7 : 30;
}
