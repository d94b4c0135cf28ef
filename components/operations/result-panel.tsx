'use client';
import Link from 'next/link';
import { formatBytes } from '../../lib/domain/format/quantity.ts';
import type { OperationView } from '../../lib/domain/operation/answers/answers.ts';
import type { Figure as FigureWords } from '../../lib/domain/operation/kind.ts';
import { kindOf } from '../../lib/domain/operation/kinds/registry.ts';
import { hasLedger } from '../../lib/domain/operation/outlook/measured-change.ts';
import { personOf } from '../../lib/domain/policy/person.ts';
import type { LossLedger } from '../../lib/agent-contract/loss-ledger.ts';
import { FormDialog, textOf } from '../settings/form-dialog.tsx';
import { HelpedLabel } from '../help/help.tsx';
import type { HelpText } from '../help/text.ts';
import { OPERATION_HELP } from '../help/texts-operations.ts';
import { HELP_TEXTS } from '../help/texts.ts';
import { Instant } from '../status/instant.tsx';
import { Unknown } from '../status/unknown.tsx';
import { buttonStyle } from '../ui/button.tsx';
import { LongField } from '../ui/choice.tsx';
import { Panel } from '../ui/panel.tsx';
import { LossLedgerTable } from './loss-ledger.tsx';
import type { RunDecisions } from './run-actions.tsx';
import { nextSteps } from './run-picture.ts';
import { WhyNot } from './why-not.tsx';

/** How it ended: what was measured and how, what is left to do, what was kept, and who has read it. */
export function ResultPanel({ view, decisions, onDone }: { view: OperationView; decisions: RunDecisions; onDone: () => void }) {
  const { measured, followUps, artifacts, actions } = view;
  const ledgers = view.run.steps.flatMap(({ evidence }) => (hasLedger(evidence) ? [(evidence as { ledger: LossLedger }).ledger] : []));
  return (
    <Panel title="Result" note={view.endedAt === null ? undefined : <Instant at={view.endedAt} />}>
      <div className="space-y-5 px-5 py-4">
        {measured === null ? (
          <p className="text-muted">Nothing was measured: it ended before there was anything to measure.</p>
        ) : (
          <Figures figures={kindOf(view.kind).measured.figures(measured)} />
        )}
        {followUps.length === 0 ? null : (
          <section aria-label="Follow-ups">
            <h3 className="font-semibold text-warn">Follow-ups</h3>
            <ul className="name mt-1 list-disc space-y-1 pl-5 text-[13px]">
              {followUps.map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
          </section>
        )}
        {ledgers.map((ledger) => (
          <LossLedgerTable key={`${ledger.node} ${ledger.fromLsn}`} ledger={ledger} />
        ))}
        {artifacts.length === 0 ? null : (
          <section aria-label="Files">
            <h3 className="font-semibold">Files</h3>
            {actions.download.length > 0 ? (
              <WhyNot what="It can hold rows of your tables; you can’t download it" reasons={actions.download} />
            ) : null}
            <ul className="mt-1 space-y-1 text-[13px]">
              {artifacts.map(({ name, bytes, contentType }) => (
                <li key={name}>
                  {actions.download.length > 0 ? (
                    <span className="name font-medium">{name}</span>
                  ) : (
                    <a
                      href={`/api/v1/operations/${view.id}/artifacts/${encodeURIComponent(name)}`}
                      download
                      className="name font-medium text-accent underline"
                    >
                      {name}
                    </a>
                  )}{' '}
                  <span className="text-muted">
                    {formatBytes(bytes)}, {contentType}
                  </span>
                </li>
              ))}
            </ul>
          </section>
        )}
        <NextSteps view={view} />
        <Acknowledgement view={view} decisions={decisions} onDone={onDone} />
      </div>
    </Panel>
  );
}

/** Help texts, by the id of the figure. */
const FIGURE_HELP: Readonly<Record<string, HelpText>> = {
  'write-outage': OPERATION_HELP.writesWaited,
  'rows-lost': OPERATION_HELP.rowsLost,
  term: HELP_TEXTS.term,
};

function Figures({ figures }: { figures: readonly FigureWords[] }) {
  return (
    <dl className="grid gap-x-8 gap-y-3 sm:grid-cols-2 xl:grid-cols-4">
      {figures.map(({ id, label, value, isKnownZero, more, basis }) => (
        <Figure key={id} label={label} help={FIGURE_HELP[id]} basis={basis}>
          <span data-known-zero={isKnownZero ? true : undefined}>{value ?? <Unknown />}</span>
          {more === null ? null : <span className="block text-xs font-normal text-muted">{more}</span>}
        </Figure>
      ))}
    </dl>
  );
}

function Figure({ label, basis, help, children }: { label: string; basis: string; help: HelpText | undefined; children: React.ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">
        <HelpedLabel text={help}>{label}</HelpedLabel>
      </dt>
      <dd className="mt-0.5">
        <span className="text-[17px] font-semibold tabular-nums">{children}</span>
        <span className="name block text-xs text-muted">{basis}</span>
      </dd>
    </div>
  );
}

function NextSteps({ view }: { view: OperationView }) {
  const steps = nextSteps(view);
  if (steps.length === 0) return null;
  return (
    <section aria-label="Next" className="space-y-2">
      {steps.map(({ label, href, why }) => (
        <p key={href} className="flex flex-wrap items-center gap-x-3 gap-y-2 text-[13px]">
          <Link href={href} prefetch={false} className={buttonStyle({ kind: 'secondary' })}>
            {label}
          </Link>
          <span className="name text-muted">{why}</span>
        </p>
      ))}
    </section>
  );
}

function Acknowledgement({ view, decisions, onDone }: { view: OperationView; decisions: RunDecisions; onDone: () => void }) {
  const { acknowledged } = view;
  if (acknowledged !== null) {
    return (
      <p className="name border-t border-line pt-3 text-[13px] text-muted">
        Read and acknowledged by {personOf(acknowledged.by)}, <Instant at={acknowledged.at} />
        {acknowledged.note === null ? '' : `: “${acknowledged.note}”`}
      </p>
    );
  }
  return (
    <div className="border-t border-line pt-3">
      {view.actions.acknowledge.length > 0 ? (
        <WhyNot what="You can’t acknowledge the result" reasons={view.actions.acknowledge} />
      ) : (
        <FormDialog
          button="Acknowledge the result…"
          title="Acknowledge the result"
          submit="Acknowledge"
          why={null}
          action={decisions.acknowledge}
          read={(form) => ({ operation: view.id, note: textOf(form, 'note') || null })}
          onDone={onDone}
        >
          <p>States that you have read the result and its follow-ups. Recorded with your name.</p>
          <LongField label="Note (optional)" name="note" maxLength={1000} autoFocus />
        </FormDialog>
      )}
    </div>
  );
}
