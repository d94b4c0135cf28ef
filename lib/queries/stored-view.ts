/** Completes a view that a controller of the previous release stored: it has no policy, and lacks what newer modules say of a finding. */
import { adviceFor } from '../domain/findings/catalogue.ts';
import { DEFAULT_POLICY } from '../domain/policy/cluster-policy.ts';
import type { ClusterView } from '../domain/topology/model.ts';

type StoredView = Omit<ClusterView, 'policy'> & { policy?: ClusterView['policy'] };

export function completeView<V extends ClusterView | null>(view: V): V {
  if (view === null) return view;
  const { objectives, policy }: StoredView = view;
  const isWhole = policy !== undefined && view.findings.every(({ clusterSentence }) => clusterSentence !== undefined);
  if (isWhole) return view;
  return {
    ...view,
    policy: policy ?? { ...DEFAULT_POLICY, rtoObjectiveSeconds: objectives.rtoSeconds, rpoObjectiveSeconds: objectives.rpoSeconds },
    findings: view.findings.map((finding) => ({ ...finding, ...adviceFor(finding) })),
  };
}
