/** Steps that wait until something is seen. Only what was observed after the step began counts: old good news is no news. */
import { isSeen } from '../../lib/domain/operation/machine/observed.ts';
import type { ObservedCondition } from '../../lib/domain/operation/model.ts';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { failed } from './step-outcome.ts';
import type { StepOutcome } from './step-outcome.ts';
import type { ViewSource } from './view-source.ts';

export interface Watch {
  clusterId: number;
  condition: ObservedCondition;
  deadlineMs: number;
  signal: AbortSignal;
}

/** Resolves when the condition is seen, at the deadline, or when it is aborted. */
export function observedStep(views: ViewSource, { clusterId, condition, deadlineMs, signal }: Watch): Promise<StepOutcome> {
  const beganAt = performance.now();
  // Counted back from now, so that a clock that is put back or forward meanwhile moves it along.
  const sinceMs = (): number => Date.now() - (performance.now() - beganAt);
  return new Promise((resolve) => {
    let sentence = 'Nothing was observed since the step began.';
    const settle = (outcome: StepOutcome): void => {
      clearTimeout(timer);
      unfollow();
      signal.removeEventListener('abort', onAbort);
      resolve(outcome);
    };
    const look = (view: ClusterView): void => {
      const answer = isSeen(condition, view, sinceMs());
      sentence = answer.sentence;
      if (answer.seen) settle({ status: 'done', evidence: { sentence, seenAt: view.computedAt } });
    };
    const onAbort = (): void => settle(failed('no-effect', 'cancelled', 'It was not waited for any longer.'));
    const timer = setTimeout(
      () => settle(failed('no-effect', 'deadline', `It was not seen within ${deadlineMs / 1000} s: ${sentence}`)),
      deadlineMs,
    );
    const unfollow = views.follow(clusterId, look);
    signal.addEventListener('abort', onAbort, { once: true });
    const latest = views.latest(clusterId);
    if (latest !== null) look(latest);
  });
}
