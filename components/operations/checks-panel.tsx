'use client';
import type { Check } from '../../lib/domain/operation/model.ts';
import { formatAge } from '../../lib/domain/format/duration.ts';
import { Help } from '../help/help.tsx';
import { OPERATION_HELP } from '../help/texts-operations.ts';
import { Panel } from '../ui/panel.tsx';
import { Mark, StateWord } from '../status/mark.tsx';
import { VERDICT } from './words.ts';

/** Worst first; what is fine is there too, folded away. */
const RANK: Record<Check['verdict'], number> = { fail: 0, unknown: 1, warn: 2, pass: 3 };

/** The dry run: every check by name, with value, threshold, verdict, and how to mend it. */
export function ChecksPanel({ checks, nowMs }: { checks: readonly Check[]; nowMs: number }) {
  const open = checks.filter(({ verdict }) => verdict !== 'pass').sort((a, b) => RANK[a.verdict] - RANK[b.verdict]);
  const passed = checks.filter(({ verdict }) => verdict === 'pass');
  const blocking = open.filter(({ verdict }) => verdict !== 'warn').length;
  const warnings = open.length - blocking;
  return (
    <Panel
      aside={<Help text={OPERATION_HELP.checks} />}
      title="Checks before the start"
      note={
        <span role="status" aria-label="Outcome of the checks">
          {blocking === 0 ? 'none blocked' : `${blocking} blocked`}
          {warnings === 0 ? '' : ` · ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`} · {passed.length} passed · refreshed every 2 s
        </span>
      }
    >
      {open.length === 0 ? null : (
        <ul className="divide-y divide-line">
          {open.map((check) => (
            <li key={keyOf(check)} className="px-5 py-3">
              <OpenCheck check={check} nowMs={nowMs} />
            </li>
          ))}
        </ul>
      )}
      {passed.length === 0 ? null : (
        <details className={open.length === 0 ? undefined : 'border-t border-line'}>
          <summary className="cursor-pointer px-5 py-3 text-[13px] font-medium">
            {passed.length} {passed.length === 1 ? 'check' : 'checks'} passed
          </summary>
          <ul className="grid gap-x-8 px-5 pb-4 text-[13px] lg:grid-cols-2">
            {passed.map((check) => (
              <li key={keyOf(check)} className="flex min-w-0 items-baseline gap-2 border-t border-line py-1.5">
                <Mark tone="good" size={9} />
                <span className="min-w-0 flex-1">
                  <span className="name">{titleOf(check)}</span>
                  <span className="name block text-xs text-muted">
                    {check.value}
                    {check.threshold === '' ? '' : ` · wanted: ${check.threshold}`}
                    {check.observedAt === null ? '' : ` · ${formatAge(check.observedAt, nowMs)}`}
                  </span>
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Panel>
  );
}

function OpenCheck({ check, nowMs }: { check: Check; nowMs: number }) {
  return (
    <article aria-label={titleOf(check)} className="grid gap-x-6 gap-y-1 text-[13px] lg:grid-cols-[11rem_minmax(0,1fr)]">
      <StateWord {...VERDICT[check.verdict]} className="self-start" />
      <div className="min-w-0">
        <h3 className="name font-medium">{titleOf(check)}</h3>
        <p className="name text-muted">
          {check.value}
          {check.threshold === '' ? '' : ` · wanted: ${check.threshold}`}
          {check.observedAt === null ? '' : ` · ${formatAge(check.observedAt, nowMs)}`}
        </p>
        {check.mend === '' ? null : <p className="name mt-1">{check.mend}</p>}
      </div>
    </article>
  );
}

const keyOf = (check: Check): string => `${check.id} ${check.node ?? ''}`;
const titleOf = (check: Check): string =>
  check.node === null || check.title.includes(check.node) ? check.title : `${check.title}: ${check.node}`;
