import { VIEW_STALE_MS, isViewCurrent, whyNotCurrent } from '../../lib/domain/topology/age.ts';
import type { ClusterSummary } from '../../lib/domain/topology/summary.ts';

/** The summary as far as it still holds: one that was not renewed says so, and its figures are unknown. The same object while fresh. */
export function ageSummary(summary: ClusterSummary, nowMs: number): ClusterSummary {
  if (isViewCurrent(summary.computedAt, nowMs)) return summary;
  const reason = whyNotCurrent(summary.computedAt, nowMs);
  return {
    ...summary,
    sentence: `${reason} The present state of the cluster is unknown.`,
    rpo: ageRpo(summary, reason),
    worstLag: null,
    lagUnknownCount: Math.max(0, summary.nodes.total - 1),
    primary: summary.primary === null ? null : { ...summary.primary, state: 'unknown' },
    nodes: { up: null, unknown: summary.nodes.total, total: summary.nodes.total },
    stale: true,
  };
}

function ageRpo({ rpo, computedAt }: ClusterSummary, reason: string): ClusterSummary['rpo'] {
  const staleFromMs = Date.parse(computedAt) + VIEW_STALE_MS;
  if (rpo.state === 'unknown' || !Number.isFinite(staleFromMs)) return { ...rpo, state: 'unknown', boundSeconds: null, boundBytes: null };
  return {
    ...rpo,
    state: 'unknown',
    boundSeconds: null,
    boundBytes: null,
    reason,
    since: new Date(staleFromMs).toISOString(),
  };
}
