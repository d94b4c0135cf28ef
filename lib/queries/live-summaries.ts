/** Summaries of views that were just read, made once for everybody who watches: a delivery hands the same view to each of them. */
import { withInertText } from '../domain/format/inert-text.ts';
import type { ClusterView } from '../domain/topology/model.ts';
import { summariseCluster } from '../domain/topology/summary.ts';
import type { ClusterSummary } from '../domain/topology/summary.ts';

const made = new WeakMap<ClusterView, ClusterSummary>();

/** The summary of a view as it was when first asked for; browsers age it. */
export function liveSummary(view: ClusterView, nowMs: number): ClusterSummary {
  const known = made.get(view);
  if (known !== undefined) return known;
  const summary = summariseCluster(withInertText(view), nowMs);
  made.set(view, summary);
  return summary;
}
