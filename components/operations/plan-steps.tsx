import { formatDuration } from '../../lib/domain/format/duration.ts';
import type { Plan, Step } from '../../lib/domain/operation/model.ts';
import { Badge } from '../ui/badge.tsx';
import { cx } from '../ui/class-names.ts';
import { Help } from '../help/help.tsx';
import { OPERATION_HELP } from '../help/texts-operations.ts';
import { Panel } from '../ui/panel.tsx';
import { PHASE } from './words.ts';

const PHASES = ['prepare', 'critical', 'finish'] as const;

/** Every step with its number, grouped by what clients notice. */
export function PlanSteps({ plan }: { plan: Plan }) {
  const numbered = plan.steps.map((step, index) => ({ step, number: index + 1 }));
  return (
    <Panel title="Steps" aside={<Help text={OPERATION_HELP.deadlines} />} note={`${plan.steps.length} steps`}>
      {PHASES.map((phase) => {
        const steps = numbered.filter(({ step }) => step.phase === phase);
        if (steps.length === 0) return null;
        return (
          <section key={phase} aria-label={PHASE[phase].title} className="border-b border-line last:border-b-0">
            <h3
              className={cx(
                'flex flex-wrap items-baseline gap-x-3 px-5 py-2 text-[13px] font-semibold',
                phase === 'critical' ? 'bg-warn-soft text-warn' : 'bg-raised',
              )}
            >
              {PHASE[phase].title} <span className={cx('font-normal', phase === 'critical' ? '' : 'text-muted')}>{PHASE[phase].note}</span>
            </h3>
            <ol className="divide-y divide-line">
              {steps.map(({ step, number }) => (
                <li key={step.id} value={number}>
                  <PlannedStep step={step} number={number} steps={plan.steps} pointOfNoReturn={plan.pointOfNoReturn} />
                </li>
              ))}
            </ol>
          </section>
        );
      })}
    </Panel>
  );
}

function PlannedStep(props: { step: Step; number: number; steps: readonly Step[]; pointOfNoReturn: number | null }) {
  const { step, number } = props;
  const beside = props.steps.filter(({ stage, id }) => stage === step.stage && id !== step.id).length;
  const forwardOnly = props.pointOfNoReturn !== null && step.stage >= props.pointOfNoReturn;
  return (
    <details className="group">
      <summary className="flex cursor-pointer items-baseline gap-3 px-5 py-2.5 hover:bg-raised">
        <span className="w-6 shrink-0 text-right text-muted tabular-nums">{number}</span>
        <span className="name min-w-0 flex-1 font-medium">{step.title}</span>
        {step.ladder === undefined ? null : <Badge className="max-sm:hidden">one of several methods</Badge>}
        {beside === 0 ? null : <Badge className="max-sm:hidden">Parallel with {beside}</Badge>}
        {forwardOnly ? (
          <Badge tone="warn" className="max-sm:hidden">
            no rollback after this
          </Badge>
        ) : null}
        <span className="shrink-0 text-xs text-muted">within {formatDuration(step.deadlineMs)}</span>
      </summary>
      <dl className="grid gap-x-6 gap-y-1.5 px-5 pb-3 text-[13px] sm:pl-14 lg:grid-cols-[8rem_minmax(0,1fr)]">
        <Line label="What it does">{step.does}</Line>
        <Line label="Verified by">{step.verifiedBy}</Line>
        <Line label="Deadline">
          {formatDuration(step.deadlineMs)}
          {step.attemptsMax > 1 ? `, tried ${step.attemptsMax} times at most` : ''}
        </Line>
        <Line label="Undo">{step.undoText}</Line>
        <Line label="If it fails">{FAILURE[step.onFailure]}</Line>
        <Line label="At worst">{step.worst}</Line>
      </dl>
    </details>
  );
}

const FAILURE: Record<Step['onFailure'], string> = {
  'roll-back': 'Earlier steps are rolled back, in reverse order.',
  'next-rung': 'The next method is tried.',
  'follow-up': 'The operation continues, and its result names this as a follow-up.',
  hold: 'The operation stops here and waits for a person, who can retry.',
};

function Line({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className="contents max-lg:block">
      <dt className="text-muted">{label}</dt>
      <dd className="name">{children}</dd>
    </div>
  );
}
