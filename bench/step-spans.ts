/** Where the time of an operation goes: when each of its steps began and was done, and how long the agent says that it took. */
import type { OperationResult } from '../lab/operator.ts';
import { spreadOf } from './spread.ts';
import type { BenchRow } from './spread.ts';

export interface StepSpan {
  /** Its id with OLD and NEW for the names of nodes, so that rounds in both directions are alike. */
  step: string;
  /** Milliseconds since the origin that was given, by the journal of the operation. */
  beganMs: number;
  doneMs: number;
}

/** Steps that were done, in the order of the plan; `old` and `fresh` are the primary before and after. */
export function spansOf(
  { plan, events }: OperationResult,
  [old, fresh]: readonly [string, string],
  originMs: number,
  phase: 'any' | 'critical' = 'any',
): StepSpan[] {
  return plan.steps
    .filter((step) => phase === 'any' || step.phase === phase)
    .flatMap(({ id }) => {
      const at = (kind: 'step-started' | 'step-done'): number | undefined =>
        events.find(({ event }) => event.kind === kind && event.step === id)?.at.getTime();
      const [began, done] = [at('step-started'), at('step-done')];
      const step = id.replaceAll(old, 'OLD').replaceAll(fresh, 'NEW');
      return began === undefined || done === undefined ? [] : [{ step, beganMs: began - originMs, doneMs: done - originMs }];
    });
}

/** One line for each step: how long it took in each round, and when it began at the median. */
export function stepRows(rounds: readonly (readonly StepSpan[])[]): BenchRow[] {
  const line = (what: string, values: readonly number[], note = ''): BenchRow => ({
    ...{ what, spread: spreadOf(values), goal: '', reached: null, note },
  });
  const began = rounds.flatMap((spans) => (spans.length === 0 ? [] : [Math.min(...spans.map(({ beganMs }) => beganMs))]));
  return [
    line('  until the first step began', began),
    ...[...Map.groupBy(rounds.flat(), ({ step }) => step)].map(([step, each]) => {
      const beganMs = spreadOf(each.map((span) => span.beganMs))?.median.toFixed(0) ?? '–';
      return line(
        `  ${step}`,
        each.map((span) => span.doneMs - span.beganMs),
        `begins at ${beganMs}`,
      );
    }),
  ];
}
