/** Builds the domain's input for one cluster: the registered fleet joined to the live state. */
import type { FleetCluster } from '../../lib/db/fleet/fleet.ts';
import type { ClusterInput, NodeInput } from '../../lib/domain/topology/inputs.ts';
import type { Leadership } from '../../lib/domain/topology/leadership.ts';
import type { ClusterMemory } from './evaluate-cluster.ts';
import type { LiveState } from './live-state.ts';

export function clusterInput(cluster: FleetCluster, live: LiveState, memory: ClusterMemory): ClusterInput {
  const nodes = cluster.nodes.map((node): NodeInput => {
    const { latest, facts, history, walRateBuckets } = live.node(node.id);
    const locked = node.identity !== null && node.identity.lockedAtMs !== null;
    return {
      name: node.name,
      site: node.site,
      enrolled: node.enrolledAtMs !== null,
      latest,
      facts,
      identityLockReason: locked ? (node.identity?.lockReason ?? 'two holders were seen') : null,
      journalBreak: node.journalBreak,
      brokeGlass: node.brokeGlass,
      history,
      walRateBuckets,
    };
  });
  return {
    slug: cluster.slug,
    name: cluster.name,
    policy: cluster.policy,
    systemIdentifier: cluster.systemIdentifier,
    leadership: memory.leadership,
    nodes,
    previousRpo: memory.rpo,
    previousLastPrimary: memory.lastPrimary ?? null,
    recentBounds: memory.recentBounds,
    openFindings: memory.openFindings,
  };
}

/** The leadership on record, in the domain's words. */
export function recordedLeadership(cluster: FleetCluster): Leadership | null {
  if (cluster.leadership === null) return null;
  const { term, holder, timeline, sinceMs, source } = cluster.leadership;
  return { term, holder, timeline, since: new Date(sinceMs).toISOString(), source };
}
