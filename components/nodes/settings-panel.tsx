'use client';
import { useState } from 'react';
import type { NodeDetails } from '../../lib/domain/node-details/details.ts';
import type { SettingCheck, SettingVerdict, TakesEffect } from '../../lib/domain/settings-check/check.ts';
import { Help } from '../help/help.tsx';
import { NODE_HELP } from '../help/texts-node.ts';
import { StateWord } from '../status/mark.tsx';
import type { StateTone } from '../status/words.ts';
import { Unknown } from '../status/unknown.tsx';
import { Button } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';
import { FactsAge, NeverRead } from './facts-age.tsx';

const VERDICT: Record<SettingVerdict, { word: string; tone: StateTone }> = {
  problem: { word: 'to change', tone: 'bad' },
  advice: { word: 'advice', tone: 'warn' },
  unknown: { word: 'unknown', tone: 'unknown' },
  ok: { word: 'OK', tone: 'good' },
};
const EFFECT: Record<TakesEffect, string> = {
  reload: 'takes effect on reload',
  restart: 'needs a restart of PostgreSQL',
  'new-sessions': 'takes effect for new connections, on reload',
  'stopped-server': 'with the server stopped',
};

/** Settings that decide whether this node can be recovered, promoted, rewound or followed, worst first. */
export function SettingsPanel({ details, nowMs }: { details: NodeDetails; nowMs: number }) {
  const [all, setAll] = useState(false);
  const { settings, factsAt } = details;
  const unread = settings.every(({ current }) => current === null);
  const open = settings.filter(({ verdict }) => verdict !== 'ok');
  const fine = settings.length - open.length;
  const shown = all ? settings : open;
  return (
    <Panel
      title="Settings check"
      aside={<Help text={NODE_HELP.settings} />}
      id="settings"
      note={<FactsAge at={unread ? null : factsAt} nowMs={nowMs} />}
    >
      {unread ? (
        <NeverRead what="this server’s settings" />
      ) : (
        <>
          {shown.length === 0 ? <p className="px-5 py-4 text-muted">Every setting that matters for recovery is as wanted.</p> : null}
          <ul>
            {shown.map((check) => (
              <li key={check.name} className="border-b border-line px-5 py-3.5">
                <SettingEntry check={check} />
              </li>
            ))}
          </ul>
          <div className="flex flex-wrap items-center gap-3 px-5 py-3 text-[13px] text-muted">
            <span>
              {settings.length} checked, {fine} as wanted.
            </span>
            <Button size="small" aria-expanded={all} onClick={() => setAll(!all)}>
              {all ? 'Show only those to change' : 'Show all'}
            </Button>
          </div>
        </>
      )}
    </Panel>
  );
}

function SettingEntry({ check }: { check: SettingCheck }) {
  return (
    <article aria-label={check.name} className="grid gap-x-6 gap-y-1.5 md:grid-cols-[minmax(0,17rem)_minmax(0,1fr)_minmax(0,1.3fr)]">
      <div>
        <h3 className="name font-mono text-[13px] font-medium">{check.name}</h3>
        <StateWord {...VERDICT[check.verdict]} className="mt-0.5 text-[13px]" />
      </div>
      <dl className="space-y-0.5 text-[13px]">
        <div className="flex gap-2">
          <dt className="w-14 shrink-0 text-muted">is</dt>
          <dd className="name min-w-0">
            {check.current === null ? (
              <Unknown />
            ) : (
              <code className="line-clamp-3 font-mono font-medium" title={check.current}>
                {check.current === '' ? '(empty)' : check.current}
              </code>
            )}
            {check.source === null ? null : <span className="block text-xs text-muted">from {check.source}</span>}
          </dd>
        </div>
        <div className="flex gap-2">
          <dt className="w-14 shrink-0 text-muted">wanted</dt>
          <dd className="name min-w-0">{check.wanted}</dd>
        </div>
      </dl>
      <div className="min-w-0 text-[13px]">
        <p className="text-muted">{check.why}</p>
        {check.note === null ? null : <p className="name mt-1">{check.note}</p>}
        {check.lines === null ? null : (
          <>
            <pre
              tabIndex={0}
              aria-label={`Lines that change ${check.name}`}
              className="mt-1.5 overflow-x-auto rounded border border-line bg-raised px-3 py-2 font-mono text-xs"
            >
              {check.lines.join('\n')}
            </pre>
            <p className="mt-1 text-xs text-muted">{EFFECT[check.takesEffect]}</p>
          </>
        )}
      </div>
    </article>
  );
}
