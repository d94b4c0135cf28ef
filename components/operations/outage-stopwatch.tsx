'use client';
import { formatDuration } from '../../lib/domain/format/duration.ts';
import type { OperationView } from '../../lib/domain/operation/answers/answers.ts';
import { Mark } from '../status/mark.tsx';
import { outageOf } from './run-picture.ts';
import { useFineClock } from './use-fine-clock.ts';

/** How long writes have been waiting, by the controller's journal; what clients measured stands in the result. */
export function OutageStopwatch({ view, nowMs, offsetMs }: { view: OperationView; nowMs: number; offsetMs: number | null }) {
  const outage = outageOf(view.plan, view.run);
  const runs = outage !== null && outage.untilMs === null;
  const fineMs = useFineClock(runs, nowMs, offsetMs);
  const hasCritical = view.plan.steps.some(({ phase }) => phase === 'critical');
  if (!hasCritical) return <>not interrupted by this operation</>;
  if (outage === null) return <>not interrupted yet</>;
  if (outage.leftWaiting) {
    return (
      <span className="inline-flex items-center gap-1.5" data-outage="left">
        <Mark tone="bad" />
        still interrupted when it ended
      </span>
    );
  }
  const tookMs = Math.max(0, (outage.untilMs ?? fineMs) - outage.sinceMs);
  return (
    <span className="inline-flex items-center gap-1.5 tabular-nums" data-outage={runs ? 'runs' : 'over'}>
      <Mark tone={runs ? 'warn' : 'good'} />
      {runs ? `waiting for ${tenths(tookMs)}` : `waited ${formatDuration(tookMs)}`}
    </span>
  );
}

/** The same number of characters while it counts. */
const tenths = (ms: number): string => `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
