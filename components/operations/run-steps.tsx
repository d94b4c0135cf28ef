'use client';
import { formatDuration } from '../../lib/domain/format/duration.ts';
import { formatBytes, formatBytesPerSecond, formatPercent } from '../../lib/domain/format/quantity.ts';
import type { OperationView } from '../../lib/domain/operation/answers/answers.ts';
import { waitingSentence } from '../../lib/domain/operation/machine/machine.ts';
import type { Run, Step, StepRun } from '../../lib/domain/operation/model.ts';
import { StateWord } from '../status/mark.tsx';
import { cx } from '../ui/class-names.ts';
import { Help } from '../help/help.tsx';
import { OPERATION_HELP } from '../help/texts-operations.ts';
import { Panel } from '../ui/panel.tsx';
import { StepEvidence } from './step-evidence.tsx';
import { commandOf, deadlineOf, progressOf } from './run-picture.ts';
import type { CopyProgress } from './run-picture.ts';
import { PHASE, stepWord } from './words.ts';

const PHASES = ['prepare', 'critical', 'finish'] as const;

/** Every step of the run: how far it is, how long it took, what it waits for and until when, and what it proved. */
export function RunSteps({ view, nowMs }: { view: OperationView; nowMs: number }) {
  const { plan, run } = view;
  const states = new Map(run.steps.map((state) => [state.id, state]));
  const over = run.steps.filter(({ status }) => status === 'done' || status === 'skipped').length;
  return (
    <Panel title="Steps" aside={<Help text={OPERATION_HELP.stepTime} />} note={`${over} of ${run.steps.length} steps done`}>
      {PHASES.map((phase) => {
        const steps = plan.steps.flatMap((step, index) => (step.phase === phase ? [{ step, number: index + 1 }] : []));
        if (steps.length === 0) return null;
        return (
          <section key={phase} aria-label={PHASE[phase].title} className="border-b border-line last:border-b-0">
            <h3 className={cx('px-5 py-2 text-[13px] font-semibold', phase === 'critical' ? 'bg-warn-soft text-warn' : 'bg-raised')}>
              {PHASE[phase].title}
            </h3>
            <ol className="divide-y divide-line">
              {steps.map(({ step, number }) => {
                const state = states.get(step.id);
                return state === undefined ? null : (
                  <li key={step.id} value={number} data-step={step.id} data-status={state.status}>
                    <RunStep step={step} state={state} run={run} number={number} view={view} nowMs={nowMs} />
                  </li>
                );
              })}
            </ol>
          </section>
        );
      })}
    </Panel>
  );
}

function RunStep(props: { step: Step; state: StepRun; run: Run; number: number; view: OperationView; nowMs: number }) {
  const { step, state, view, nowMs } = props;
  const active = state.status === 'running' || state.status === 'undoing';
  const deadlineMs = deadlineOf(step, state);
  const failure = state.status === 'done' ? null : state.failure;
  const earlier = failure === null ? state.failedAttempts : state.failedAttempts.slice(0, -1);
  const progress = active ? progressOf(commandOf(view.commands, step.id), nowMs) : null;
  return (
    <article
      aria-label={`Step ${props.number}: ${step.title}`}
      aria-current={active ? 'step' : undefined}
      className={cx('px-5 py-2.5', active && 'border-l-4 border-l-info bg-info-soft pl-4', state.status === 'pending' && 'text-muted')}
    >
      <div className="grid grid-cols-[1.5rem_minmax(0,1fr)] gap-x-3 sm:grid-cols-[1.5rem_minmax(0,1fr)_11rem_13rem]">
        <span className="text-right text-muted tabular-nums">{props.number}</span>
        <span className="name min-w-0 font-medium">{step.title}</span>
        <StateWord {...stepWord(state)} className="max-sm:col-start-2" />
        <span className="text-[13px] text-muted tabular-nums max-sm:col-start-2 sm:text-right">{timing(state, deadlineMs, nowMs)}</span>
      </div>
      <div className="space-y-1 text-[13px] sm:pl-9">
        {active ? <p className="name">{waitingSentence(step, props.run)}</p> : null}
        {progress === null ? null : <Progress progress={progress} />}
        {failure === null ? null : (
          <p className="name text-bad">
            {failure.reason}
            {failure.kind === 'unknown'
              ? ` Whether it took effect is unknown${props.run.state === 'running' ? '; it is retried with the same key' : ''}.`
              : ''}
          </p>
        )}
        {state.skippedBecause === null ? null : <p className="name text-muted">{state.skippedBecause}</p>}
        {state.attempt > 1 ? <p className="text-muted">Attempt {state.attempt}.</p> : null}
        {earlier.length === 0 ? null : (
          <ul className="name list-disc pl-5 text-muted" aria-label={`Earlier attempts of step ${props.number}`}>
            {earlier.map(({ attempt, undo, reason }) => (
              <li key={attempt}>
                Attempt {attempt}
                {undo ? ', to roll it back,' : ''} failed: {reason}
              </li>
            ))}
          </ul>
        )}
        {state.startedAt === null ? null : <StepEvidence state={state} />}
      </div>
    </article>
  );
}

function timing(state: StepRun, deadlineMs: number | null, nowMs: number) {
  if (state.startedAt === null) return null;
  const startedMs = Date.parse(state.startedAt);
  if (state.endedAt !== null && state.status !== 'running' && state.status !== 'undoing') {
    return <span title="How long it took">{formatDuration(Math.max(0, Date.parse(state.endedAt) - startedMs))}</span>;
  }
  const elapsed = wholeSeconds(Math.floor((nowMs - startedMs) / 1000));
  if (deadlineMs === null) return <>since {elapsed}</>;
  const leftMs = deadlineMs - nowMs;
  return (
    <span title={`Started ${state.startedAt}`}>
      since {elapsed} ·{' '}
      {leftMs >= 0 ? (
        `deadline in ${wholeSeconds(Math.ceil(leftMs / 1000))}`
      ) : (
        <span className="font-medium text-warn">past its deadline</span>
      )}
    </span>
  );
}

/** `0 s`, `12 s`, `3 min 20 s`: what ticks is told in whole seconds. */
const wholeSeconds = (seconds: number): string => (seconds <= 0 ? '0 s' : formatDuration(seconds * 1000));

function Progress({ progress }: { progress: CopyProgress }) {
  const { doneBytes, totalBytes, bytesPerSecond, remainingMs, silentMs } = progress;
  const fraction = doneBytes === null || totalBytes === null || totalBytes <= 0 ? null : Math.min(1, doneBytes / totalBytes);
  return (
    <div>
      <p className="name">{progress.doing}</p>
      {fraction === null ? null : (
        <progress value={fraction} max={1} aria-label="Progress" className="bar mt-1 h-2 w-full max-w-xl">
          {formatPercent(fraction)}
        </progress>
      )}
      <p className="text-muted tabular-nums">
        {doneBytes === null ? 'size unknown yet' : `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`}
        {bytesPerSecond === null ? '' : ` · ${formatBytesPerSecond(bytesPerSecond)}`}
        {silentMs === null ? '' : ` · as of ${wholeSeconds(Math.floor(silentMs / 1000))} ago`}
        {remainingMs === null ? '' : ` · about ${formatDuration(Math.ceil(remainingMs / 1000) * 1000)} left`}
      </p>
    </div>
  );
}
