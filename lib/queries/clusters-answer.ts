/** The documented shape of `/api/v1/clusters`. Pure: unknown is `null`, never 0. */
import { summariseCluster } from '../domain/topology/summary.ts';
import type { ClusterSummary } from '../domain/topology/summary.ts';
import type { ClusterEntry } from '../db/samples/cluster-latest.ts';

export interface ClustersAnswer {
  clusters: {
    slug: string;
    name: string;
    /** When the controller computed it; `null`: not yet. */
    computedAt: string | null;
    sentence: string | null;
    primary: string | null;
    term: number | null;
    rpo: { state: ClusterSummary['rpo']['state']; boundSeconds: number | null };
    worstLag: ClusterSummary['worstLag'];
    /** `up` and `unknown` are `null` before the first evaluation. */
    nodes: { up: number | null; unknown: number | null; total: number };
    findings: ClusterSummary['findings'] | null;
  }[];
}

export function clustersAnswer(entries: readonly ClusterEntry[], nowMs: number): ClustersAnswer {
  return {
    clusters: entries.map(({ slug, name, nodeCount, view }) => {
      const summary = view === null ? null : summariseCluster(view, nowMs);
      return {
        ...{ slug, name },
        computedAt: summary?.computedAt ?? null,
        sentence: summary?.sentence ?? null,
        primary: summary?.primary?.name ?? null,
        term: summary?.term ?? null,
        rpo: { state: summary?.rpo.state ?? 'unknown', boundSeconds: summary?.rpo.boundSeconds ?? null },
        worstLag: summary?.worstLag ?? null,
        nodes: summary?.nodes ?? { up: null, unknown: null, total: nodeCount },
        findings: summary?.findings ?? null,
      };
    }),
  };
}
