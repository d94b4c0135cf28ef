import type { StepRun } from '../../lib/domain/operation/model.ts';
import { Instant } from '../status/instant.tsx';
import { evidenceRows } from './evidence-rows.ts';

/** Shows the step's evidence, folded: positions, timelines, durations. */
export function StepEvidence({ state }: { state: StepRun }) {
  const rows = evidenceRows(state.evidence);
  return (
    <details>
      <summary className="cursor-pointer text-muted hover:text-text">Evidence</summary>
      <dl className="mt-1 grid gap-x-6 gap-y-1 pb-1 sm:grid-cols-[14rem_minmax(0,1fr)]">
        <Row label="began">{state.startedAt === null ? 'not yet' : <Instant at={state.startedAt} />}</Row>
        <Row label="ended">{state.endedAt === null ? 'not yet' : <Instant at={state.endedAt} />}</Row>
        {rows.map(({ label, value, fixed, long }) => (
          <Row key={label} label={label}>
            {long ? (
              <pre
                tabIndex={0}
                aria-label={label}
                className="overflow-x-auto rounded border border-line bg-surface px-2 py-1 font-mono text-xs"
              >
                {value}
              </pre>
            ) : fixed ? (
              <code className="font-mono">{value}</code>
            ) : (
              value
            )}
          </Row>
        ))}
      </dl>
      {rows.length === 0 ? <p className="pb-1 text-muted">Nothing else was recorded.</p> : null}
    </details>
  );
}

function Row({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <>
      <dt className="name text-muted">{label}</dt>
      <dd className="name min-w-0">{children}</dd>
    </>
  );
}
