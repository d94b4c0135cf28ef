'use client';
import { formatDuration } from '../../lib/domain/format/duration.ts';
import { openWindows } from '../../lib/domain/maintenance/windows.ts';
import type { MaintenanceView } from '../../lib/domain/operation/answers/answers.ts';
import { personOf } from '../../lib/domain/policy/person.ts';
import type { Action } from '../forms/action-answer.ts';
import { ConfirmedAction } from '../forms/confirm.tsx';
import { FormDialog, textOf } from '../settings/form-dialog.tsx';
import { Instant } from '../status/instant.tsx';
import { Choice, LongField } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { Panel } from '../ui/panel.tsx';

export interface MaintenanceActions {
  begin: Action<{ cluster: string; node: string | null; owner: string | null; reason: string; hours: number }, unknown>;
  end: Action<{ id: number }, unknown>;
  /** Why the viewer may not; `null` = may. */
  why: string | null;
}

const HOURS = [1, 2, 4, 8, 24, 72] as const;

/** Announced work: whose, why, and when it ends. */
export function MaintenancePanel(props: {
  slug: string;
  windows: readonly MaintenanceView[];
  nodes: readonly string[];
  node: string | null;
  nowMs: number;
  actions: MaintenanceActions;
}) {
  const { windows, actions } = props;
  const open = openWindows(windows, props.nowMs, null);
  return (
    <Panel title="Maintenance" id="maintenance" note="A node under maintenance is no target of an operation.">
      <div className="space-y-3 px-5 py-4">
        {open.length === 0 ? <p className="text-muted">No work is announced.</p> : null}
        <ul className="divide-y divide-line">
          {open.map(({ id, node, owner, reason, endsAt }) => (
            <li key={id} className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 py-2 text-[13px]">
              <span className="name min-w-0 flex-1 basis-64">
                <strong>{node ?? 'The whole cluster'}</strong>: “{reason}”, {personOf(owner)}; ends automatically <Instant at={endsAt} />{' '}
                (in {formatDuration(Math.ceil((Date.parse(endsAt) - props.nowMs) / 60_000) * 60_000)})
              </span>
              <ConfirmedAction
                label="End it…"
                accessibleLabel={`End the maintenance of ${node ?? 'the whole cluster'}`}
                title="End this maintenance?"
                warning={<p>{node ?? 'The whole cluster'} may be a target of operations again at once.</p>}
                confirm="End it"
                why={actions.why}
                action={actions.end}
                input={{ id }}
              />
            </li>
          ))}
        </ul>
        <FormDialog
          button="Announce maintenance…"
          title="Announce maintenance"
          submit="Announce"
          why={actions.why}
          action={actions.begin}
          read={(form) => ({
            cluster: props.slug,
            node: textOf(form, 'node') || null,
            owner: textOf(form, 'owner') || null,
            reason: textOf(form, 'reason'),
            hours: Number(textOf(form, 'hours')),
          })}
        >
          <Choice
            label="What"
            name="node"
            defaultValue={props.node ?? ''}
            choices={[{ value: '', label: 'The whole cluster' }, ...props.nodes.map((name) => ({ value: name, label: name }))]}
          />
          <LongField label="Reason" name="reason" required minLength={10} maxLength={500} />
          <Field label="Owner (you, when left empty)" name="owner" maxLength={100} autoComplete="off" />
          <Choice
            label="Ends automatically after"
            name="hours"
            defaultValue="2"
            choices={HOURS.map((hours) => ({ value: String(hours), label: formatDuration(hours * 3_600_000) }))}
          />
        </FormDialog>
      </div>
    </Panel>
  );
}
