'use client';
import Link from 'next/link';
import type { OperationView } from '../../lib/domain/operation/answers/answers.ts';
import type { Step } from '../../lib/domain/operation/model.ts';
import type { Action } from '../forms/action-answer.ts';
import { FormDialog, textOf } from '../settings/form-dialog.tsx';
import { LongField } from '../ui/choice.tsx';
import { Panel } from '../ui/panel.tsx';
import { adviceFor } from './held-advice.ts';
import { WhyNot } from './why-not.tsx';

/** People's decisions about a run; each is a command that authorises. */
export interface RunDecisions {
  decide: Action<{ operation: string; planHash: string; decision: 'approved' | 'rejected'; reason: string }, unknown>;
  cancel: Action<{ operation: string; reason: string | null }, unknown>;
  release: Action<{ operation: string; reason: string }, unknown>;
  acknowledge: Action<{ operation: string; note: string | null }, unknown>;
}

/** Actions on a run: cancel where that is safe, and retry a held one. */
export function RunActions({ view, decisions, onDone }: { view: OperationView; decisions: RunDecisions; onDone: () => void }) {
  const { actions, state } = view;
  const mayCancel = actions.cancel.length === 0;
  return (
    <Panel title="Actions">
      <div className="grid gap-x-8 gap-y-4 px-5 py-4 lg:grid-cols-2">
        {state === 'held' ? <Held view={view} decisions={decisions} onDone={onDone} /> : null}
        <section aria-label="Cancel" className="space-y-2">
          {mayCancel ? (
            <>
              <p className="name text-[13px] text-muted">{view.cancelSentence}</p>
              <FormDialog
                button={state === 'held' ? 'Give up…' : 'Cancel the operation…'}
                size="medium"
                title={state === 'held' ? 'Give up on this operation' : 'Cancel this operation'}
                submit={state === 'held' ? 'Give up' : 'Cancel the operation'}
                why={null}
                action={decisions.cancel}
                read={(form) => ({ operation: view.id, reason: textOf(form, 'reason') || null })}
                onDone={onDone}
              >
                <p className="name">{view.cancelSentence}</p>
                <LongField label="Reason (optional; at least 10 characters)" name="reason" minLength={10} maxLength={500} autoFocus />
              </FormDialog>
            </>
          ) : (
            <WhyNot what="It can’t be cancelled" reasons={actions.cancel} />
          )}
        </section>
      </div>
    </Panel>
  );
}

/** The state in which the step left the cluster, and what to do first about it. */
function Stuck({ step, view }: { step: Step; view: OperationView }) {
  const { sentence, node } = adviceFor(view, step);
  return (
    <div className="name space-y-1 text-[13px]">
      <p>
        <span className="text-muted">As it is: </span>
        {step.worst}
      </p>
      <p>
        <span className="text-muted">Next: </span>
        {sentence}{' '}
        {node === null ? null : (
          <Link
            href={`/clusters/${encodeURIComponent(view.cluster.slug)}/nodes/${encodeURIComponent(node)}`}
            prefetch={false}
            className="text-accent underline"
          >
            Open {node}
          </Link>
        )}
      </p>
    </div>
  );
}

function Held({ view, decisions, onDone }: { view: OperationView; decisions: RunDecisions; onDone: () => void }) {
  const { run, plan, actions } = view;
  const stuck = plan.steps.filter((step) =>
    run.steps.some(({ id, status }) => id === step.id && (status === 'failed' || status === 'undo-failed')),
  );
  return (
    <section aria-label="Held" className="space-y-2">
      <p className="name">{run.reason ?? 'Waiting for a person.'}</p>
      {stuck.map((step) => (
        <Stuck key={step.id} step={step} view={view} />
      ))}
      {actions.release.length > 0 ? (
        <WhyNot what="You can’t retry it" reasons={actions.release} />
      ) : (
        <FormDialog
          button="Try again…"
          kind="primary"
          size="medium"
          title="Try the held step again"
          submit="Try again"
          why={null}
          action={decisions.release}
          read={(form) => ({ operation: view.id, reason: textOf(form, 'reason') })}
          onDone={onDone}
        >
          <p>Fix first what the reason names. Then the step is retried, and the run continues.</p>
          <LongField label="What was fixed" name="reason" required minLength={10} maxLength={500} autoFocus />
        </FormDialog>
      )}
    </section>
  );
}
