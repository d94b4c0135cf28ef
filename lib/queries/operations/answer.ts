/** Builds the answer of `GET /api/v1/operations/:id`: a contract with programs, kept apart from what the screens read. */
import { isEnded } from '../../domain/operation/model.ts';
import type { CommandView, OperationView } from '../../domain/operation/answers/answers.ts';
import { waitingSentence } from '../../domain/operation/machine/machine.ts';
import type { Measured, OperationKind, OperationState, PlannedTopology, Step, StepRun, StepStatus } from '../../domain/operation/model.ts';

export interface StepAnswer {
  name: string;
  title: string;
  phase: Step['phase'];
  state: StepStatus;
  startedAt: string | null;
  endedAt: string | null;
  evidence: unknown;
  /** `null` when it does not run. */
  waitsFor: string | null;
  /** When it gives up this attempt; `null` when it does not run. */
  deadlineAt: string | null;
  /** Of a long step, as its agent told last; `null` when it tells none. */
  progress: CommandView['progress'];
  failure: StepRun['failure'];
  failedAttempts: StepRun['failedAttempts'];
  skippedBecause: string | null;
}

export interface OperationAnswer {
  id: string;
  cluster: string;
  kind: OperationKind;
  state: OperationState;
  ended: boolean;
  summary: string;
  planHash: string;
  steps: StepAnswer[];
  measured: Measured | null;
  requestedBy: string;
  requestedAt: string;
  reason: string;
  ticket: string | null;
  approvals: OperationView['approvals'];
  startedAt: string | null;
  endedAt: string | null;
  /** Why it ended as it did, was refused or is held. */
  outcome: string | null;
  /** The id of the operation that ended this one where it stood; `null` = none did. */
  takenOverBy: string | null;
  /** Operations that this one ended where they stood. */
  tookOver: OperationView['tookOver'];
  followUps: string[];
  artifacts: { name: string; contentType: string; bytes: number; href: string }[];
  before: PlannedTopology;
  after: PlannedTopology;
  /** Sentences why the caller can't cancel it now; empty = can. */
  cancel: string[];
}

export function operationAnswer(view: OperationView): OperationAnswer {
  const { plan, run } = view;
  return {
    id: view.id,
    cluster: view.cluster.slug,
    kind: view.kind,
    state: view.state,
    ended: isEnded(view.state),
    summary: plan.summary,
    planHash: view.planHash,
    steps: plan.steps.map((step, index) => stepAnswer(step, run.steps[index] ?? null, view)),
    measured: view.measured,
    requestedBy: view.requestedBy,
    requestedAt: view.requestedAt,
    reason: view.reason,
    ticket: view.ticket,
    approvals: view.approvals,
    startedAt: view.startedAt,
    endedAt: view.endedAt,
    outcome: view.outcome ?? run.reason,
    takenOverBy: view.takenOverBy,
    tookOver: view.tookOver,
    followUps: view.followUps,
    artifacts: view.artifacts.map(({ name, contentType, bytes }) => ({
      ...{ name, contentType, bytes },
      href: `/api/v1/operations/${view.id}/artifacts/${encodeURIComponent(name)}`,
    })),
    before: plan.before,
    after: plan.after,
    cancel: view.actions.cancel,
  };
}

function stepAnswer(step: Step, state: StepRun | null, { run, commands }: OperationView): StepAnswer {
  const runs = state !== null && (state.status === 'running' || state.status === 'undoing');
  return {
    name: step.id,
    title: step.title,
    phase: step.phase,
    state: state?.status ?? 'pending',
    startedAt: state?.startedAt ?? null,
    endedAt: state?.endedAt ?? null,
    evidence: state?.evidence ?? null,
    waitsFor: runs ? waitingSentence(step, run) : null,
    deadlineAt: runs && state.startedAt !== null ? new Date(Date.parse(state.startedAt) + step.deadlineMs).toISOString() : null,
    progress: runs ? progressOf(step.id, commands) : null,
    failure: state?.failure ?? null,
    failedAttempts: state?.failedAttempts ?? [],
    skippedBecause: state?.skippedBecause ?? null,
  };
}

/** Of the command under way; one that cancels another has none of its own. */
function progressOf(step: string, commands: readonly CommandView[]): CommandView['progress'] {
  return (
    commands.findLast((command) => command.step === step && command.verb !== 'cancel' && command.resolvedAt === null)?.progress ?? null
  );
}
