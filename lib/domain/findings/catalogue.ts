/** Adds to an occurrence what its module says of every occurrence: what it means, why it usually happens, what is safe to do. */
import type { Finding, FindingAdvice, FindingCandidate } from './model.ts';
import type { FindingCode } from './registry.ts';
import { findingKind } from './registry.ts';

export function findingTitle(code: FindingCode): string {
  return findingKind(code).title;
}

/** A candidate as an open finding, with the words about this very node and subject. */
export function describeFinding(candidate: FindingCandidate, id: string, nowMs: number): Finding {
  const { code, severity, nodeName, subject, summary, evidence } = candidate;
  const at = new Date(nowMs).toISOString();
  return { id, code, severity, nodeName, subject, summary, evidence, since: at, lastSeenAt: at, ...adviceFor(candidate) };
}

/** The part of a finding that follows from its code, also for one that was read back from the store. */
export function adviceFor(finding: Pick<FindingCandidate, 'code' | 'nodeName' | 'subject' | 'evidence'>): FindingAdvice {
  const kind = findingKind(finding.code);
  const fill = (text: string) =>
    text.replaceAll('{node}', finding.nodeName ?? 'the node').replaceAll('{subject}', finding.subject ?? 'the item');
  return {
    impact: fill(kind.impact),
    likelyCauses: kind.likelyCauses.map(fill),
    nextAction: fill(kind.nextAction),
    nextOperation: kind.nextOperation(finding),
    clusterSentence: kind.clusterSentence === null ? null : fill(kind.clusterSentence),
  };
}
