'use client';
import type { ListedCluster } from '../../lib/domain/enrolment/registry.ts';
import type { Action } from '../forms/action-answer.ts';
import { Choice, LongField } from '../ui/choice.tsx';
import { FormDialog, textOf } from './form-dialog.tsx';
import { Fact, Facts, Section } from './section.tsx';

export type ChangePolicy = Action<{ cluster: string; approvalsRequired: number; reason: string }, unknown>;

/** How many people, by a number. */
const WORDS = ['nobody else', 'one other person', 'two other people'] as const;

/** Who must agree before an operation of this cluster begins. */
export function PolicySection({ cluster, change, why }: { cluster: ListedCluster; change: ChangePolicy; why: string | null }) {
  return (
    <Section
      title="Policy"
      about="Who must agree before an operation of this cluster begins. Who requests never approves; the database enforces it."
      action={
        <FormDialog
          button="Change policy"
          title={`Policy of ${cluster.name}`}
          submit="Save policy"
          why={why}
          action={change}
          read={(form) => ({ cluster: cluster.slug, approvalsRequired: Number(textOf(form, 'approvals')), reason: textOf(form, 'reason') })}
        >
          <Choice
            label="Approvals that an operation needs"
            name="approvals"
            defaultValue={String(cluster.approvalsRequired)}
            choices={WORDS.map((word, count) => ({ value: String(count), label: `${count}: ${word}` }))}
          />
          <LongField label="Reason" name="reason" required minLength={10} maxLength={500} />
          <p className="text-[13px] text-warn">
            With 0, one person alone may change the primary of {cluster.name}: plan it, request it and run it.
          </p>
          <p className="text-[13px] text-muted">
            What was requested before keeps the number that it was requested under. A plan that somebody looks at now becomes void and is
            made anew.
          </p>
        </FormDialog>
      }
    >
      <Facts>
        <Fact label="Approvals that an operation needs">
          {cluster.approvalsRequired === 0 ? 'none' : `${cluster.approvalsRequired}: ${WORDS[cluster.approvalsRequired] ?? 'other people'}`}
        </Fact>
      </Facts>
    </Section>
  );
}
