/** Computes what the run page shows beyond the steps: the write outage, the rate of a copy, the next action. Pure. */
import { ageMs } from '../../lib/domain/time/age.ts';
import type { CommandView, OperationView } from '../../lib/domain/operation/answers/answers.ts';
import { CHOSEN, isEnded } from '../../lib/domain/operation/model.ts';
import type { Plan, Run, Step, StepRun } from '../../lib/domain/operation/model.ts';
import { kindOf } from '../../lib/domain/operation/kinds/registry.ts';
import { planPath } from '../../lib/domain/operation/request-address.ts';
import type { Draft } from '../../lib/domain/operation/request-address.ts';

/** A controller beats every few seconds; after so long without a beat it is away. */
const CONTROLLER_AWAY_MS = 10_000;

/** Since when no controller was heard of; `long` = for longer than is kept, `null` = one is there. */
export function awaySince({ controllerSeenAt }: Pick<OperationView, 'controllerSeenAt'>, nowMs: number): number | 'long' | null {
  if (controllerSeenAt === null) return 'long';
  const seenMs = Date.parse(controllerSeenAt);
  return nowMs - seenMs > CONTROLLER_AWAY_MS ? seenMs : null;
}

export interface Outage {
  sinceMs: number;
  /** `null` while writes still wait. */
  untilMs: number | null;
  /** The run has ended while they waited: until when is unknown. */
  leftWaiting: boolean;
}

const OVER: readonly StepRun['status'][] = ['done', 'skipped', 'failed', 'undone', 'undo-failed'];

/** It failed, and nothing is done after it before it succeeds. */
function isStuck(plan: Plan, { id, status }: StepRun): boolean {
  return status === 'undo-failed' || (status === 'failed' && plan.steps.some((step) => step.id === id && step.onFailure === 'hold'));
}

/** From the first critical step that began to the last that ended; `null` when none began, or the plan has none. */
export function outageOf(plan: Plan, run: Run): Outage | null {
  const critical = new Set(plan.steps.filter(({ phase }) => phase === 'critical').map(({ id }) => id));
  const steps = run.steps.filter(({ id }) => critical.has(id));
  const starts = steps.flatMap(({ startedAt }) => (startedAt === null ? [] : [Date.parse(startedAt)]));
  if (starts.length === 0) return null;
  const over = isEnded(run.state) || (steps.every(({ status }) => OVER.includes(status)) && !steps.some((state) => isStuck(plan, state)));
  const ends = steps.flatMap(({ endedAt }) => (endedAt === null ? [] : [Date.parse(endedAt)]));
  const leftWaiting = isEnded(run.state) && steps.some((state) => isStuck(plan, state));
  return { sinceMs: Math.min(...starts), untilMs: over && ends.length > 0 ? Math.max(...ends) : null, leftWaiting };
}

export interface CopyProgress {
  doing: string;
  doneBytes: number | null;
  totalBytes: number | null;
  /** On average since it began. */
  bytesPerSecond: number | null;
  remainingMs: number | null;
  /** How long nothing was heard of it, when that is not usual; else `null`. */
  silentMs: number | null;
}

/** A copy that is heard of reports more often than this. */
const PROGRESS_SILENT_MS = 8_000;

/** Of the command that the step's present attempt is waiting for. */
export function progressOf(command: CommandView | null, nowMs: number): CopyProgress | null {
  if (command === null || command.progress === null || command.resolvedAt !== null) return null;
  const { doing, doneBytes, totalBytes, at } = command.progress;
  const tookMs = Math.min(Date.parse(at), nowMs) - Date.parse(command.deliveredAt ?? command.issuedAt);
  const bytesPerSecond = doneBytes === null || doneBytes === 0 || tookMs < 1000 ? null : (doneBytes / tookMs) * 1000;
  const remaining = doneBytes === null || totalBytes === null ? null : Math.max(0, totalBytes - doneBytes);
  const heardAgoMs = ageMs(at, nowMs);
  const silentMs = heardAgoMs !== null && heardAgoMs > PROGRESS_SILENT_MS ? heardAgoMs : null;
  // A remaining figure from then is not the remaining figure now.
  const remainingMs = silentMs !== null || remaining === null || bytesPerSecond === null ? null : (remaining / bytesPerSecond) * 1000;
  return { doing, doneBytes, totalBytes, bytesPerSecond, remainingMs, silentMs };
}

/** The latest command of a step, forward or undo. */
export function commandOf(commands: readonly CommandView[], step: string): CommandView | null {
  return commands.filter((command) => command.step === step).sort((a, b) => b.attempt - a.attempt)[0] ?? null;
}

/** When the present attempt of a step must be over. */
export function deadlineOf(step: Step, state: StepRun): number | null {
  return state.status === 'running' && state.startedAt !== null ? Date.parse(state.startedAt) + step.deadlineMs : null;
}

export interface NextStep {
  label: string;
  href: string;
  why: string;
}

/** Next actions once it has ended. */
export function nextSteps({ kind, state, cluster, plan, run }: OperationView): NextStep[] {
  const { slug } = cluster;
  if (state === 'done') {
    return kindOf(kind)
      .next(plan, run)
      .map(({ label, why, leadsTo }) => ({
        ...{ label, why },
        href: 'page' in leadsTo ? `/${leadsTo.page}` : planPath(slug, leadsTo.request),
      }));
  }
  if (state === 'failed' || state === 'rolled-back' || state === 'cancelled' || state === 'refused') {
    const again = {
      label: 'Plan it again…',
      href: planPath(slug, { ...plan.request } as Draft),
      why: 'The plan is computed again from the present cluster.',
    };
    if (outageOf(plan, run)?.leftWaiting !== true) return [again];
    // The original operation may not be possible any more: there is no primary to switch over from.
    const why = 'There may be no primary now. A standby is promoted once it is proved that no other node accepts writes.';
    return [{ label: 'Fail over…', href: planPath(slug, { kind: 'failover' }), why }, ...(kind === 'failover' ? [] : [again])];
  }
  return [];
}

/** Operations in progress by node name: for the topology. */
export function busyNodes(views: readonly OperationView[]): Map<string, string> {
  const busy = new Map<string, string>();
  for (const { plan, run } of views) {
    for (const state of run.steps) {
      if (state.status !== 'running' && state.status !== 'undoing') continue;
      const step = plan.steps.find(({ id }) => id === state.id);
      const node = step === undefined ? null : nodeOf(step, run.chosen);
      if (step !== undefined && node !== null) busy.set(node, step.title);
    }
  }
  return busy;
}

/** The node that a step is about; `null` = none, or unknown yet. */
export function nodeOf({ action }: Step, chosen: string | null): string | null {
  switch (action.by) {
    case 'agent':
      return action.node === CHOSEN ? chosen : action.node;
    case 'controller':
      return action.action.do === 'take-term' ? (action.action.holder === CHOSEN ? chosen : action.action.holder) : null;
    case 'observation':
      return 'standby' in action.condition
        ? action.condition.standby
        : 'primary' in action.condition
          ? action.condition.primary
          : action.condition.node;
  }
}
