/** Completes the findings of a view that a controller of the previous release stored, which lacks what newer modules say of a code. */
import { adviceFor } from '../domain/findings/catalogue.ts';
import type { ClusterView } from '../domain/topology/model.ts';

export function completeView<V extends ClusterView | null>(view: V): V {
  if (view === null || view.findings.every(({ clusterSentence }) => clusterSentence !== undefined)) return view;
  return { ...view, findings: view.findings.map((finding) => ({ ...finding, ...adviceFor(finding) })) };
}
