'use client';
import type { OperationView } from '../../lib/domain/operation/answers/answers.ts';
import { personOf } from '../../lib/domain/policy/person.ts';
import { FormDialog, textOf } from '../settings/form-dialog.tsx';
import { Instant } from '../status/instant.tsx';
import { StateWord } from '../status/mark.tsx';
import { LongField } from '../ui/choice.tsx';
import { Panel } from '../ui/panel.tsx';
import { WhyNot } from './why-not.tsx';
import type { RunDecisions } from './run-actions.tsx';

/** Four eyes: who has agreed to exactly this plan, and the two buttons for who may. */
export function ApprovalsPanel({ view, decisions, onDone }: { view: OperationView; decisions: RunDecisions; onDone: () => void }) {
  const { required, given } = view.approvals;
  const agreed = given.filter(({ decision }) => decision === 'approved').length;
  const waits = view.state === 'awaiting-approval';
  const why = view.actions.approve;
  const input = { operation: view.id, planHash: view.planHash };
  return (
    <Panel title="Approval" note={`${agreed} of ${required} given`}>
      <div className="space-y-3 px-5 py-4">
        {given.length === 0 ? <p className="text-muted">Nobody has decided yet.</p> : null}
        <ul className="space-y-2">
          {given.map(({ by, decision, reason, at }) => (
            <li key={by} className="text-[13px]">
              <StateWord tone={decision === 'approved' ? 'good' : 'bad'} word={decision} />{' '}
              <span className="name">
                by {personOf(by)}, <Instant at={at} />: “{reason}”
              </span>
            </li>
          ))}
        </ul>
        {!waits ? null : why.length > 0 ? (
          <WhyNot what="You can’t decide about it" reasons={why} />
        ) : (
          <div className="flex flex-wrap gap-3">
            <FormDialog
              button="Approve…"
              kind="primary"
              size="medium"
              title="Approve this plan"
              submit="Approve"
              why={null}
              action={decisions.decide}
              read={(form) => ({ ...input, decision: 'approved' as const, reason: textOf(form, 'reason') })}
              onDone={onDone}
            >
              <p className="name">{view.plan.summary}</p>
              <p className="text-[13px] text-muted">
                Your decision holds for exactly this plan (<code className="font-mono">{view.planHash.slice(0, 12)}</code>). If the cluster
                changes before it starts, the plan is void.
              </p>
              <LongField label="Reason" name="reason" required minLength={10} maxLength={500} autoFocus />
            </FormDialog>
            <FormDialog
              button="Reject…"
              size="medium"
              title="Reject this plan"
              submit="Reject"
              why={null}
              action={decisions.decide}
              read={(form) => ({ ...input, decision: 'rejected' as const, reason: textOf(form, 'reason') })}
              onDone={onDone}
            >
              <p>The operation ends without having begun. Nothing was changed yet.</p>
              <LongField label="Reason" name="reason" required minLength={10} maxLength={500} autoFocus />
            </FormDialog>
          </div>
        )}
      </div>
    </Panel>
  );
}
