/** What is the same for every occurrence of a code: its title, what it means, why it usually happens and what is safe to do. */
import type { Finding, FindingCandidate, FindingCode } from './model.ts';
import type { CatalogueEntry } from './catalogue-entry.ts';
import { ROLE_ENTRIES } from './catalogue-roles.ts';
import { STORAGE_ENTRIES } from './catalogue-storage.ts';
import { TRUST_ENTRIES } from './catalogue-trust.ts';

export const FINDING_CATALOGUE: Readonly<Record<FindingCode, CatalogueEntry>> = {
  ...ROLE_ENTRIES,
  ...STORAGE_ENTRIES,
  ...TRUST_ENTRIES,
};

export function findingTitle(code: FindingCode): string {
  return FINDING_CATALOGUE[code].title;
}

/** A candidate as an open finding, with the catalogue's words about this very node and subject. */
export function describeFinding(candidate: FindingCandidate, id: string, nowMs: number): Finding {
  const { code, severity, nodeName, subject, summary, evidence } = candidate;
  const at = new Date(nowMs).toISOString();
  return { id, code, severity, nodeName, subject, summary, evidence, since: at, lastSeenAt: at, ...adviceFor(candidate) };
}

/** The catalogue's part of a finding, for one that was read back from the store. */
export function adviceFor(
  finding: Pick<FindingCandidate, 'code' | 'nodeName' | 'subject'>,
): Pick<Finding, 'impact' | 'likelyCauses' | 'nextAction'> {
  const entry = FINDING_CATALOGUE[finding.code];
  const fill = (text: string) =>
    text.replaceAll('{node}', finding.nodeName ?? 'the node').replaceAll('{subject}', finding.subject ?? 'the item');
  return { impact: fill(entry.impact), likelyCauses: entry.likelyCauses.map(fill), nextAction: fill(entry.nextAction) };
}
