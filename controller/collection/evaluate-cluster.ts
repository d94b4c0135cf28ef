/** Evaluates one cluster: the domain's functions in their order. Pure but for the ids that are passed in. */
import { evaluateFindings } from '../../lib/domain/findings/evaluate.ts';
import { advanceFindings, type FindingState } from '../../lib/domain/findings/hysteresis.ts';
import type { Finding } from '../../lib/domain/findings/model.ts';
import { ruleContext } from '../../lib/domain/findings/rule.ts';
import { advanceBounds, type BoundSighting } from '../../lib/domain/lag/bound-peak.ts';
import { evaluateRpo } from '../../lib/domain/lag/rpo.ts';
import { judgePromotions } from '../../lib/domain/leadership/witnesses.ts';
import { assembleTopology } from '../../lib/domain/topology/assemble.ts';
import { clusterBoards, type ClusterBoards } from '../../lib/domain/topology/cluster-boards.ts';
import { buildClusterView } from '../../lib/domain/topology/cluster-view.ts';
import type { ClusterInput } from '../../lib/domain/topology/inputs.ts';
import { observeLeadership, type Leadership, type LeadershipObservation } from '../../lib/domain/topology/leadership.ts';
import type { ClusterView, LastPrimary, Rpo } from '../../lib/domain/topology/model.ts';
import { advanceNodeChanges, type NodeChangeState, type NodeEvent } from '../../lib/domain/topology/node-changes.ts';

/** Passed from one evaluation to the next; replaced only after its outcome was written. */
export interface ClusterMemory {
  findingState: FindingState;
  openFindings: readonly Finding[];
  rpo: Rpo | null;
  recentBounds: readonly BoundSighting[];
  leadership: Leadership | null;
  lastPrimary?: LastPrimary | null;
  nodeChanges: NodeChangeState;
}

export interface Evaluation {
  view: ClusterView;
  /** `null`: not renewed this time, the stored ones stay. */
  boards: ClusterBoards | null;
  memory: ClusterMemory;
  opened: readonly Finding[];
  resolved: readonly Finding[];
  nodeEvents: readonly NodeEvent[];
  leadershipChange: Exclude<LeadershipObservation, { kind: 'unchanged' }> | null;
  /** Learned now, and unknown before. */
  systemIdentifier: string | null;
}

export interface EvaluationOptions {
  /** False while an operation is in progress: a change of leadership must not be concluded then. */
  mayConclude: boolean;
  /** Boards are also renewed with every finding that opens or is resolved. */
  boardsDue: boolean;
}

/** Evaluates `input` at `nowMs`. Throws only on a defect of a rule; the caller keeps the other clusters going. */
export function evaluateCluster(
  input: ClusterInput,
  memory: ClusterMemory,
  nowMs: number,
  newId: () => string,
  { mayConclude, boardsDue }: EvaluationOptions = { mayConclude: true, boardsDue: true },
): Evaluation {
  const topology = assembleTopology(input, nowMs);
  const rpo = evaluateRpo(input, topology, nowMs);
  const recentBounds = advanceBounds(input.recentBounds, rpo.boundSeconds, nowMs);
  const candidates = evaluateFindings(input, topology, rpo, nowMs);
  const findings = advanceFindings(memory.findingState, candidates, nowMs, newId);
  const observed: LeadershipObservation = mayConclude
    ? observeLeadership(input.leadership, topology, judgePromotions(input, nowMs), nowMs)
    : { kind: 'unchanged' };
  const leadership = observed.kind === 'unchanged' ? memory.leadership : observed.leadership;
  const view = buildClusterView(input, topology, rpo, leadership, findings.open, nowMs);
  const nodes = advanceNodeChanges(memory.nodeChanges, view.nodes, nowMs);
  const renewBoards = boardsDue || findings.opened.length > 0 || findings.resolved.length > 0;
  return {
    view,
    boards: renewBoards ? clusterBoards(ruleContext(input, topology, rpo, nowMs), findings.open) : null,
    memory: {
      findingState: findings.state,
      openFindings: findings.open,
      rpo,
      recentBounds,
      leadership,
      nodeChanges: nodes.state,
      lastPrimary: view.lastPrimary ?? null,
    },
    opened: findings.opened,
    resolved: findings.resolved,
    nodeEvents: nodes.events,
    leadershipChange: observed.kind === 'unchanged' ? null : observed,
    systemIdentifier: input.systemIdentifier === null ? view.systemIdentifier : null,
  };
}
