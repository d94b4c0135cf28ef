import { formatDuration } from '../../lib/domain/format/duration.ts';
import { formatAge } from '../../lib/domain/format/duration.ts';
import { lossFigures } from '../../lib/domain/operation/outlook/loss-figures.ts';
import type { MeasuredSpread, Outlook, Plan } from '../../lib/domain/operation/model.ts';
import { HelpedLabel } from '../help/help.tsx';
import type { HelpText } from '../help/text.ts';
import { OPERATION_HELP } from '../help/texts-operations.ts';
import { Panel } from '../ui/panel.tsx';

/** Shows the cost of a plan, what clients see, and how to undo it. */
export function Expectations({ plan, outlook, nowMs }: { plan: Plan; outlook: Outlook; nowMs: number }) {
  const { outage, loss } = outlook;
  return (
    <Panel title="What to expect">
      <dl className="grid gap-x-8 gap-y-4 px-5 py-4 text-[13px] md:grid-cols-2 xl:grid-cols-4">
        <Part label="Write outage" help={OPERATION_HELP.writesWait}>
          {outage.sentence}
          <Spread earlier={outage.earlier} kind={plan.request.kind} />
        </Part>
        <Part label="Data that may be lost" help={OPERATION_HELP.lossExpected}>
          <span data-known-zero={loss.bytes === 0 ? true : undefined}>{loss.sentence}</span>
          {loss.measuredAt === null ? null : (
            <span className="mt-1 block text-xs text-muted">
              {lossFigures(loss)}, measured {formatAge(loss.measuredAt, nowMs).replace(/^seen /, '')}
            </span>
          )}
        </Part>
        <Part label="What clients see">{outlook.clients}</Part>
        <Part label="How to undo it, and until when">{outlook.undo}</Part>
      </dl>
    </Panel>
  );
}

function Spread({ earlier, kind }: { earlier: MeasuredSpread | null; kind: string }) {
  return (
    <span className="mt-1 block text-xs text-muted">
      {earlier === null
        ? `Not measured: no earlier ${kind} of this cluster.`
        : earlier.runs === 1
          ? `One earlier run here: ${formatDuration(earlier.medianMs)}.`
          : `${earlier.runs} earlier runs here: ${formatDuration(earlier.minMs)} to ${formatDuration(earlier.maxMs)}, median ${formatDuration(earlier.medianMs)}.`}
    </span>
  );
}

function Part({ label, help, children }: { label: string; help?: HelpText; children: React.ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs font-medium text-muted">
        <HelpedLabel text={help}>{label}</HelpedLabel>
      </dt>
      <dd className="name mt-1">{children}</dd>
    </div>
  );
}
