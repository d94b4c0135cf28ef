/** Defines the answers of lib/queries/operations to screens and the API. */
import type { CommandProgress } from '../../../agent-contract/commands.ts';
import type { ListedFigures } from '../kind.ts';
import type { TakeOverLinks } from './take-over-links.ts';
import type { Measured, OperationKind, OperationRequest, OperationState, Outlook, Plan, PlanDifference, Run } from '../model.ts';

/** A dry run: what would be done now, and what stands in its way. */
export interface PlanPreview {
  serverTime: string;
  cluster: { slug: string; name: string };
  request: OperationRequest;
  /** `null`: there is no such plan now, and `impossible` says why, in sentences. */
  plan: Plan | null;
  hash: string | null;
  impossible: string[];
  /** `null` exactly when `plan` is. */
  outlook: Outlook | null;
  /** To the plan of the hash that was asked about; `null` when none was asked about or it is this one. */
  difference: PlanDifference | null;
  /** Why this person may not request it; empty = may. */
  denied: string[];
}

/** A command to an agent, as far as people may see it. */
export interface CommandView {
  id: string;
  /** Id of the step; `undo` when it takes the step back. */
  step: string;
  undo: boolean;
  attempt: number;
  node: string;
  verb: string;
  issuedAt: string;
  deliveredAt: string | null;
  resolvedAt: string | null;
  progress: Pick<CommandProgress, 'at' | 'doing' | 'doneBytes' | 'totalBytes'> | null;
}

export interface ApprovalView {
  by: string;
  decision: 'approved' | 'rejected';
  reason: string;
  at: string;
}

export interface ArtifactView {
  name: string;
  contentType: string;
  bytes: number;
  createdAt: string;
}

/** Reasons why this person may not; empty = may. */
export interface OperationActions {
  approve: string[];
  cancel: string[];
  release: string[];
  acknowledge: string[];
  /** Fetch what the run left: rows of customers may be in it. */
  download: string[];
}

/** A run, whole. */
export interface OperationView extends TakeOverLinks {
  serverTime: string;
  id: string;
  cluster: { slug: string; name: string };
  kind: OperationKind;
  state: OperationState;
  plan: Plan;
  planHash: string;
  run: Run;
  /** The journal does not fit the plan, and is shown as far as it does; `null` = it fits. */
  journalProblem: string | null;
  requestedBy: string;
  requestedAt: string;
  reason: string;
  ticket: string | null;
  acknowledgedRisks: string[];
  approvals: { required: number; given: ApprovalView[] };
  startedAt: string | null;
  endedAt: string | null;
  /** Why it ended as it did, was refused or is held. */
  outcome: string | null;
  measured: Measured | null;
  commands: CommandView[];
  artifacts: ArtifactView[];
  /** Sentences: follow-ups of a run that continued. */
  followUps: string[];
  cancelRequested: { at: string; by: string } | null;
  releaseRequested: { at: string; by: string } | null;
  acknowledged: { at: string; by: string; note: string | null } | null;
  /** The effect of cancelling, or why it can't be cancelled (any more). */
  cancelSentence: string;
  actions: OperationActions;
  /** When the controller that leads was last heard of; `null` = none was in the last hour. A run continues when one is back. */
  controllerSeenAt: string | null;
}

export interface OperationListItem {
  id: string;
  cluster: { slug: string; name: string };
  kind: OperationKind;
  state: OperationState;
  summary: string;
  target: string | null;
  requestedBy: string;
  requestedAt: string;
  reason: string;
  ticket: string | null;
  approvals: { required: number; given: number };
  startedAt: string | null;
  endedAt: string | null;
  outcome: string | null;
  measured: ListedFigures | null;
  acknowledgedAt: string | null;
}

export interface OperationListAnswer {
  serverTime: string;
  operations: OperationListItem[];
  /** Give it back to get the next, older ones; `null` = these were the last. */
  cursor: string | null;
}

/** Work that somebody announced, as listed. */
export interface MaintenanceView {
  id: number;
  cluster: string;
  /** `null` = the whole cluster. */
  node: string | null;
  owner: string;
  reason: string;
  startsAt: string;
  endsAt: string;
}
