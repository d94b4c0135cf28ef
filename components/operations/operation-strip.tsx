'use client';
import Link from 'next/link';
import type { OperationView } from '../../lib/domain/operation/answers/answers.ts';
import { kindOf } from '../../lib/domain/operation/kinds/registry.ts';
import { waitingSentence } from '../../lib/domain/operation/machine/machine.ts';
import { personOf } from '../../lib/domain/policy/person.ts';
import { StateWord } from '../status/mark.tsx';
import { buttonStyle } from '../ui/button.tsx';
import { OutageStopwatch } from './outage-stopwatch.tsx';
import { outageOf } from './run-picture.ts';
import { STATE } from './words.ts';

/** On every page of a cluster where it matters: what is being done to it now, and the way to the run. */
export function OperationStrip({
  running,
  nowMs,
  offsetMs,
}: {
  running: readonly OperationView[];
  nowMs: number;
  offsetMs: number | null;
}) {
  return (
    <div role="status" aria-label="Operation in progress" className="space-y-2 empty:hidden">
      {running.map((view) => (
        <Strip key={view.id} running={view} nowMs={nowMs} offsetMs={offsetMs} />
      ))}
    </div>
  );
}

function Strip({ running, nowMs, offsetMs }: { running: OperationView; nowMs: number; offsetMs: number | null }) {
  const { plan, run } = running;
  const active = plan.steps.find((step) =>
    run.steps.some(({ id, status }) => id === step.id && (status === 'running' || status === 'undoing')),
  );
  const outage = outageOf(plan, run);
  return (
    <section
      aria-label={`${kindOf(running.kind).words.name} under way`}
      className="flex flex-wrap items-center gap-x-6 gap-y-2 rounded-lg border border-l-4 border-line border-l-info bg-info-soft px-5 py-3"
    >
      <div className="min-w-0 flex-1 basis-72">
        <p className="flex flex-wrap items-center gap-x-3 font-medium">
          {kindOf(running.kind).words.name} <StateWord {...STATE[running.state]} className="text-[13px]" />
        </p>
        <p className="name text-[13px]">
          {plan.summary} <span className="text-muted">Requested by {personOf(running.requestedBy)}.</span>
        </p>
        {active === undefined ? null : (
          <p className="name text-[13px] text-muted">
            {active.title}: {waitingSentence(active, run)}
          </p>
        )}
      </div>
      {outage === null ? null : (
        <p className="text-[13px] font-medium">
          Writes: <OutageStopwatch view={running} nowMs={nowMs} offsetMs={offsetMs} />
        </p>
      )}
      <Link href={`/operations/${running.id}`} prefetch={false} className={buttonStyle({ size: 'small' })}>
        Open the run
      </Link>
    </section>
  );
}
