'use client';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useId, useState } from 'react';
import type { FormEvent } from 'react';
import { kindOf } from '../../lib/domain/operation/kinds/registry.ts';
import type { Outlook, Plan } from '../../lib/domain/operation/model.ts';
import type { Risk } from '../../lib/domain/operation/risks.ts';
import type { Action } from '../forms/action-answer.ts';
import { Problems } from '../forms/problems.tsx';
import { useAction } from '../forms/use-action.ts';
import { useHiddenNames } from '../hidden-names/hidden-names.tsx';
import { Mark } from '../status/mark.tsx';
import { Button } from '../ui/button.tsx';
import { LongField } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { Panel } from '../ui/panel.tsx';

const REASON_CHARACTERS_MIN = 10;
const REASON_CHARACTERS_MAX = 500;

export interface StartInput {
  cluster: string;
  /** Of the plan that was shown. */
  planHash: string;
  typedName: string;
  reason: string;
  ticket: string | null;
  acknowledgedRisks: Pick<Risk, 'code' | 'values'>[];
  idempotencyKey: string;
}
export type StartOperation = Action<StartInput, { id: string }>;

interface Props {
  slug: string;
  plan: Plan;
  /** Of the plan as it is now: what is requested. */
  hash: string;
  /** Of the plan that was shown when somebody began to agree. The one of now says the same, unless `moved`. */
  agreedHash: string | null;
  outlook: Outlook;
  denied: readonly string[];
  /** The checks are not renewed now. */
  unanswered: boolean;
  /** The cluster is other than the plan says. */
  moved: boolean;
  idempotencyKey: string;
  /** Somebody begins to agree to what is shown. */
  onBegin: () => void;
  start: StartOperation;
}

interface Words {
  reason: string;
  ticket: string;
}
/** Typed and ticked for one plan; another plan needs its own agreement. */
interface Agreement {
  hash: string | null;
  typed: string;
  /** Ticked, each as `riskKey` tells it. */
  risks: readonly string[];
}
/** Nobody must agree to something about `cluster-1`. */
const NAMES_HIDDEN = 'Names are hidden. Show them first, so that you see which cluster and which nodes this is about.';
const NOTHING_AGREED: Agreement = { hash: null, typed: '', risks: [] };

/** The form that starts it; where it can't be started, the reasons stand in the place of the button. */
export function ConfirmOperation(props: Props) {
  const { plan } = props;
  const { hidden } = useHiddenNames();
  const reasons = hidden ? [NAMES_HIDDEN] : whyNot(props);
  // Kept here and not in the form: a check that blocks for a moment must not take away what was written.
  const [words, setWords] = useState<Words>({ reason: '', ticket: '' });
  const [agreement, setAgreement] = useState<Agreement>(NOTHING_AGREED);
  const agreed = agreement.hash === props.agreedHash ? agreement : NOTHING_AGREED;
  return (
    <Panel title={kindOf(plan.request.kind).confirm(props.outlook.loss)}>
      <div className="space-y-4 px-5 py-4">
        <ApprovalNote count={plan.approvalsRequired} />
        {/* Always there, so that what is put into it is announced. */}
        <div role="status" aria-label="Blocked" className="empty:hidden">
          {reasons.length === 0 ? null : (
            <div className="rounded-md border border-line bg-raised px-4 py-3">
              <p className="flex items-center gap-2 font-medium">
                <Mark tone="bad" /> Blocked
              </p>
              <ul className="name mt-1.5 list-disc space-y-1.5 pl-5 text-[13px]">
                {reasons.map((reason) => (
                  <li key={reason}>{reason}</li>
                ))}
              </ul>
              {props.outlook.inTheWay.map(({ id }) => (
                <Link
                  key={id}
                  href={`/operations/${id}`}
                  prefetch={false}
                  className="mt-2 mr-4 inline-block text-[13px] font-medium text-accent underline"
                >
                  Open the running operation
                </Link>
              ))}
            </div>
          )}
        </div>
        {reasons.length > 0 ? null : (
          <Form
            {...props}
            words={words}
            agreed={agreed}
            onWords={(part) => {
              props.onBegin();
              setWords({ ...words, ...part });
            }}
            onAgree={(part) => {
              props.onBegin();
              setAgreement({ ...agreed, ...part, hash: props.agreedHash });
            }}
          />
        )}
      </div>
    </Panel>
  );
}

function whyNot({ denied, outlook, unanswered, moved }: Props): string[] {
  if (denied.length > 0) return [...denied];
  return [
    ...(moved ? ['The cluster has changed since this plan was made. Look at the new plan first.'] : []),
    ...(unanswered ? ['Farshore does not answer: the checks are old. They are refreshed automatically.'] : []),
    ...outlook.blocked,
  ];
}

function ApprovalNote({ count }: { count: number }) {
  return (
    <p className="text-[13px] text-muted">
      {count === 0
        ? 'It starts at once: this cluster requires no approval.'
        : `It starts when ${count === 1 ? 'one approver has' : `${count} approvers have`} approved exactly this plan. The requester can’t approve.`}
    </p>
  );
}

function Form(
  props: Props & {
    words: Words;
    agreed: Agreement;
    onWords: (part: Partial<Words>) => void;
    onAgree: (part: Partial<Agreement>) => void;
  },
) {
  const { slug, outlook, words, agreed, onWords, onAgree } = props;
  const router = useRouter();
  const { reason, ticket } = words;
  const { typed, risks } = agreed;
  const [sent, setSent] = useState(false);
  const { run, busy, problems } = useAction(props.start, ({ id }) => {
    setSent(true);
    router.push(`/operations/${id}`);
  });
  const missing = [
    ...(typed === slug ? [] : [`Type the name of the cluster: ${slug}.`]),
    ...(reason.trim().length >= REASON_CHARACTERS_MIN ? [] : [`Give a reason of at least ${REASON_CHARACTERS_MIN} characters.`]),
    ...(outlook.risks.every((risk) => risks.includes(riskKey(risk))) ? [] : ['Tick each risk.']),
  ];
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (missing.length > 0) return;
    run({
      ...{
        cluster: slug,
        planHash: props.hash,
        typedName: typed,
        idempotencyKey: props.idempotencyKey,
      },
      reason: reason.trim(),
      ticket: ticket.trim() === '' ? null : ticket.trim(),
      acknowledgedRisks: outlook.risks.map(({ code, values }) => ({ code, values })),
    });
  };
  const accept = (risk: string, on: boolean) => onAgree({ risks: on ? [...risks, risk] : risks.filter((other) => other !== risk) });
  return (
    <form onSubmit={submit} className="space-y-4">
      {outlook.risks.length === 0 ? null : (
        <fieldset className="space-y-2">
          <legend className="mb-1.5 text-[13px] font-medium">Acknowledge by name</legend>
          {outlook.risks.map((risk) => {
            const key = riskKey(risk);
            return <RiskTick key={key} sentence={risk.sentence} on={risks.includes(key)} onChange={(on) => accept(key, on)} />;
          })}
        </fieldset>
      )}
      <LongField
        label="Reason"
        required
        maxLength={REASON_CHARACTERS_MAX}
        value={reason}
        onChange={(event) => onWords({ reason: event.target.value })}
        hint="Kept in the audit log, and shown to approvers."
      />
      <Field
        label="Ticket (optional)"
        maxLength={100}
        value={ticket}
        onChange={(event) => onWords({ ticket: event.target.value })}
        autoComplete="off"
        spellCheck={false}
      />
      <Field
        label={`Type ${slug} to confirm`}
        required
        value={typed}
        onChange={(event) => onAgree({ typed: event.target.value })}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
      />
      <Problems problems={problems} />
      <Submit {...props} missing={missing} busy={busy || sent} />
    </form>
  );
}

function Submit({ plan, missing, busy }: Props & { missing: readonly string[]; busy: boolean }) {
  const id = useId();
  const { words, isDangerous } = kindOf(plan.request.kind);
  const label = plan.approvalsRequired > 0 ? `Request: ${words.verb.toLowerCase()}` : words.verb;
  const incomplete = missing.length > 0;
  return (
    <div>
      <Button
        type="submit"
        kind={incomplete ? 'secondary' : isDangerous ? 'danger' : 'primary'}
        disabled={busy}
        aria-disabled={incomplete}
        aria-describedby={incomplete ? id : undefined}
        className="w-full"
      >
        {busy ? 'Sent…' : label}
      </Button>
      {incomplete ? (
        <p id={id} className="mt-2 text-xs text-muted">
          {missing[0]}
        </p>
      ) : null}
    </div>
  );
}

const riskKey = ({ code, values }: Risk): string => JSON.stringify([code, values]);

function RiskTick({ sentence, on, onChange }: { sentence: string; on: boolean; onChange: (on: boolean) => void }) {
  const id = useId();
  return (
    <div className="flex items-start gap-2.5 rounded-md border border-bad bg-bad-soft px-3 py-2 text-[13px]">
      <input
        id={id}
        type="checkbox"
        checked={on}
        onChange={(event) => onChange(event.target.checked)}
        className="mt-0.5 size-4 shrink-0 accent-bad"
      />
      <label htmlFor={id} className="name">
        {sentence}
      </label>
    </div>
  );
}
