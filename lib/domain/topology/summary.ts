/** Reduces a cluster to a line of the clusters list: enough to decide whether to open it. */
import type { Finding, Severity } from '../findings/model.ts';
import { ageClusterView, isViewCurrent } from './age.ts';
import type { ClusterPolicy } from '../policy/cluster-policy.ts';
import type { ClusterView, LeadershipView, NodeState, Rpo, Site } from './model.ts';
import { clusterSentence } from './sentence.ts';

/** A recovery that was exercised and measured. */
export interface ProvenRecovery {
  rtoSeconds: number;
  provenAt: string;
}

export interface ClusterSummary {
  slug: string;
  name: string;
  /** One plain sentence for a reader who doesn't know PostgreSQL. */
  sentence: string;
  rpo: Rpo;
  policy: ClusterPolicy;
  rpoObjectiveSeconds: number | null;
  /** The standby that is furthest behind; `null` when no standby's lag is known. */
  worstLag: { node: string; seconds: number | null; totalBytes: number | null } | null;
  /** Standbys whose lag is unknown: the worst lag may be worse than the figure above. */
  lagUnknownCount: number;
  primary: { name: string; state: NodeState; site: Site } | null;
  term: number | null;
  /** Since when the present primary leads; `null` = unknown. */
  leadership: LeadershipView | null;
  /** The last recovery that a drill measured; `null` = never proven. */
  provenRecovery: ProvenRecovery | null;
  /** `up` is `null` while nothing is known about any node. */
  nodes: { up: number | null; unknown: number; total: number };
  providers: string[];
  findings: Record<Severity, number>;
  /** The finding to look at first. */
  firstFinding: Pick<Finding, 'summary' | 'severity' | 'since' | 'nodeName'> | null;
  computedAt: string;
  /** Not renewed recently: neither figures nor the absence of findings say anything about now. */
  stale: boolean;
}

const SEVERITY_RANK: Record<Severity, number> = { critical: 0, warning: 1, info: 2 };
/** States of a server that runs and answers, even with other faults. */
const UP: ReadonlySet<NodeState> = new Set(['writable', 'not-writable', 'streaming', 'catching-up', 'replay-stalled', 'not-receiving']);

/** Worst first, then the oldest. */
export function byUrgency(a: Pick<Finding, 'severity' | 'since'>, b: Pick<Finding, 'severity' | 'since'>): number {
  return SEVERITY_RANK[a.severity] - SEVERITY_RANK[b.severity] || a.since.localeCompare(b.since);
}

/** Sums up a cluster as it is known at `nowMs`: what is too old to count is unknown in the summary too. */
export function summariseCluster(view: ClusterView, nowMs: number): ClusterSummary {
  const aged = ageClusterView(view, nowMs);
  const primary = aged.nodes.find((node) => node.name === aged.primary) ?? null;
  const first = [...aged.findings].sort(byUrgency)[0] ?? null;
  const standbys = aged.nodes.filter((node) => node.role !== 'primary');
  return {
    slug: aged.slug,
    name: aged.name,
    sentence: clusterSentence(aged, nowMs),
    rpo: aged.rpo,
    policy: aged.policy,
    rpoObjectiveSeconds: aged.policy.rpoObjectiveSeconds,
    worstLag: worstLag(standbys),
    lagUnknownCount: standbys.filter((node) => node.lag.totalBytes === null && node.lag.seconds === null).length,
    primary: primary === null ? null : { name: primary.name, state: primary.state, site: primary.site },
    term: aged.term,
    leadership: aged.leadership ?? null,
    // Only a drill proves a recovery, and no drill is recorded yet.
    provenRecovery: null,
    nodes: countNodes(aged.nodes),
    providers: [...new Set(aged.nodes.map((node) => node.site.provider))].sort(),
    findings: countBySeverity(aged.findings),
    firstFinding:
      first === null ? null : { summary: first.summary, severity: first.severity, since: first.since, nodeName: first.nodeName },
    computedAt: aged.computedAt,
    stale: !isViewCurrent(aged.computedAt, nowMs),
  };
}

function countNodes(nodes: ClusterView['nodes']): ClusterSummary['nodes'] {
  const unknown = nodes.filter((node) => node.state === 'unknown').length;
  return {
    up: nodes.length > 0 && unknown === nodes.length ? null : nodes.filter((node) => UP.has(node.state)).length,
    unknown,
    total: nodes.length,
  };
}

function worstLag(standbys: readonly ClusterView['nodes'][number][]): ClusterSummary['worstLag'] {
  const known = standbys.filter((node) => node.lag.seconds !== null || node.lag.totalBytes !== null);
  const worst = known.sort(
    (a, b) => (b.lag.seconds ?? -1) - (a.lag.seconds ?? -1) || (b.lag.totalBytes ?? -1) - (a.lag.totalBytes ?? -1),
  )[0];
  return worst === undefined ? null : { node: worst.name, seconds: worst.lag.seconds, totalBytes: worst.lag.totalBytes };
}

/** How many findings there are of each severity. */
export function countBySeverity(findings: readonly Pick<Finding, 'severity'>[]): Record<Severity, number> {
  const counts: Record<Severity, number> = { critical: 0, warning: 0, info: 0 };
  for (const finding of findings) counts[finding.severity] += 1;
  return counts;
}
