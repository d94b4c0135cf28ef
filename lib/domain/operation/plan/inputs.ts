/** Defines the input of planners and checks: one picture of a cluster, collected by the caller. Times are the controller's clock. */
import type { NodeFacts } from '../../../agent-contract/facts.ts';
import type { Observation } from '../../../agent-contract/observation.ts';
import type { LeadershipRecord } from '../../leadership/store.ts';
import type { ClusterPolicy } from '../../policy/cluster-policy.ts';
import type { ClusterView, Site } from '../../topology/model.ts';
import type { UnderWay } from '../lanes.ts';
import type { OperationKind } from '../model.ts';

export interface PlanningNode {
  name: string;
  site: Site;
  enrolled: boolean;
  /** The last report, whole; `null` = never heard. */
  observation: Observation | null;
  /** Corrected for the agent's clock. */
  observedAtMs: number | null;
  facts: NodeFacts | null;
  identityLockReason: string | null;
  /** Announced work that covers this node now. */
  maintenance: { owner: string; reason: string; endsAt: string } | null;
}

export interface PlanningInput {
  cluster: string;
  policy: ClusterPolicy;
  /** A command that the administrator gave the controller to cut a node off (FARSHORE_FENCE_COMMAND). */
  fenceCommandConfigured: boolean;
  view: ClusterView;
  leadership: LeadershipRecord | null;
  nodes: readonly PlanningNode[];
  /** Finished operations of this cluster with a measured outage, newest first, at most 50. */
  earlier: readonly { kind: OperationKind; writeOutageMs: number; endedAt: string }[];
  /** Not ended, oldest first. */
  underWay: readonly UnderWay[];
  nowMs: number;
}
