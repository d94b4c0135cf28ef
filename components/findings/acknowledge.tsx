'use client';
import { useState } from 'react';
import type { FormEvent } from 'react';
import type { ListedFinding } from '../../lib/domain/findings/listing.ts';
import type { Action, ActionAnswer } from '../forms/action-answer.ts';
import { Problems } from '../forms/problems.tsx';
import { useAction } from '../forms/use-action.ts';
import { Instant } from '../status/instant.tsx';
import { Mark } from '../status/mark.tsx';
import { Button } from '../ui/button.tsx';
import { Choice, LongField } from '../ui/choice.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { GuardedButton } from '../ui/guarded-button.tsx';

const REASON_LENGTH_MIN = 5;
const REASON_LENGTH_MAX = 500;
const DURATIONS = [
  { value: '1', label: '1 hour' },
  { value: '4', label: '4 hours' },
  { value: '8', label: '8 hours' },
  { value: '24', label: '1 day' },
  { value: '72', label: '3 days' },
  { value: '168', label: '7 days' },
  { value: '720', label: '30 days' },
] as const;

export interface AcknowledgeActions {
  acknowledge: Action<{ findingId: string; reason: string; hours: number }, unknown>;
  withdraw: Action<{ findingId: string }, unknown>;
  /** Why the viewer may do neither; `null`: may. */
  why: string | null;
  /** Something was changed: ask for the list again. */
  onDone: () => unknown;
}

/** Opens the dialog about one finding, or about everything of one cause that nobody acknowledged yet. */
export function AcknowledgeButton(props: {
  findings: readonly ListedFinding[];
  label: string;
  title: string;
  actions: AcknowledgeActions;
}) {
  const { findings, actions } = props;
  const [open, setOpen] = useState(false);
  return (
    <>
      <GuardedButton size="small" why={actions.why} onClick={() => setOpen(true)} aria-label={`${props.label}: ${props.title}`}>
        {props.label}
      </GuardedButton>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={findings.length === 1 ? 'Acknowledge this finding' : `Acknowledge ${findings.length} findings`}
      >
        <p className="name font-medium">{props.title}</p>
        <p className="mt-2 text-[13px] text-muted">
          It stays in the list, dimmed and counted apart, with your name and reason. It counts again when the time has passed, or at once
          when it becomes worse. Nothing is changed on any server.
        </p>
        <AcknowledgeForm
          findings={findings}
          actions={actions}
          onDone={() => {
            setOpen(false);
            actions.onDone();
          }}
          onCancel={() => setOpen(false)}
        />
      </Dialog>
    </>
  );
}

function AcknowledgeForm(props: {
  findings: readonly ListedFinding[];
  actions: AcknowledgeActions;
  onDone: () => void;
  onCancel: () => void;
}) {
  const { run, busy, problems } = useAction(
    (input: { reason: string; hours: number }) => acknowledgeAll(props.findings, input, props.actions.acknowledge),
    props.onDone,
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    run({ reason: String(form.get('reason')), hours: Number(form.get('hours')) });
  };
  return (
    <form onSubmit={submit} className="mt-4 space-y-4">
      <LongField
        label="Reason"
        name="reason"
        required
        minLength={REASON_LENGTH_MIN}
        maxLength={REASON_LENGTH_MAX}
        hint="What is known, who works on it, or a ticket. Recorded in the audit log."
        autoFocus
      />
      <Choice label="For how long" name="hours" defaultValue="8" choices={DURATIONS} />
      <Problems problems={problems} />
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={props.onCancel}>Cancel</Button>
        <Button type="submit" kind="primary" disabled={busy}>
          {busy ? 'Recording…' : 'Acknowledge'}
        </Button>
      </div>
    </form>
  );
}

/** Each acknowledgement is audited on its own; failures are shown, the others hold. */
async function acknowledgeAll(
  findings: readonly ListedFinding[],
  input: { reason: string; hours: number },
  acknowledge: AcknowledgeActions['acknowledge'],
): Promise<ActionAnswer<null>> {
  const reasons = new Set<string>();
  for (const { id } of findings) {
    const answer = await acknowledge({ findingId: id, ...input });
    if (!answer.ok) for (const reason of answer.reasons) reasons.add(reason);
  }
  return reasons.size === 0 ? { ok: true, value: null } : { ok: false, reasons: [...reasons] };
}

/** Shows who acknowledged it, why and until when, with the button that withdraws it. */
export function AcknowledgedNote({ finding, actions }: { finding: ListedFinding; actions: AcknowledgeActions }) {
  const { run, busy, problems } = useAction(actions.withdraw, actions.onDone);
  const { acknowledgement } = finding;
  if (acknowledgement === null) return null;
  return (
    <div className="mt-2 rounded-md border border-line bg-raised px-3 py-2 text-[13px]">
      <p className="name flex flex-wrap items-center gap-x-2">
        <Mark tone="info" />
        <span>
          Acknowledged by <span className="font-medium">{acknowledgement.by.replace(/^user:/, '')}</span> on{' '}
          <Instant at={acknowledgement.at} />, until <Instant at={acknowledgement.expiresAt} />
        </span>
      </p>
      <p className="name mt-1">“{acknowledgement.reason}”</p>
      <div className="mt-2 flex flex-wrap items-start gap-2">
        <GuardedButton
          size="small"
          why={actions.why}
          disabled={busy}
          onClick={() => run({ findingId: finding.id })}
          aria-label={`Withdraw the acknowledgement: ${finding.summary}`}
        >
          Withdraw
        </GuardedButton>
        <Problems problems={problems} />
      </div>
    </div>
  );
}
