'use client';
import { useState } from 'react';
import { AUDIT_OUTCOMES } from '../../lib/domain/audit/listing.ts';
import type { AuditAnswer, ChainStatus } from '../../lib/domain/audit/listing.ts';
import { PagedList } from '../live/paged-list.tsx';
import { usePolled } from '../live/polled.ts';
import { Card } from '../ui/card.tsx';
import { Choice } from '../ui/choice.tsx';
import { AuditTable } from './audit-table.tsx';
import { ChainPanel } from './chain-panel.tsx';
import { auditFilterOf, auditQuery, filterQuery } from '../../lib/domain/audit/audit-filter.ts';
import type { AuditChoice } from '../../lib/domain/audit/audit-filter.ts';

const ASK_EVERY_MS = 5_000;

/** Shows who did what, when, why, and how it ended; to readers of the whole log, also whether it is complete. */
export function AuditScreen(props: { initial: AuditAnswer; chain: ChainStatus | null; choice: AuditChoice }) {
  const [choice, setChoice] = useState(props.choice);
  const change = (part: Partial<AuditChoice>) => {
    const next = { ...choice, ...part };
    setChoice(next);
    window.history.replaceState(null, '', `/audit${auditQuery(next)}`);
  };
  return (
    <main id="content" className="mx-auto max-w-[1600px] space-y-4 px-4 py-6 sm:px-6">
      <header>
        <h1 className="text-xl font-semibold tracking-tight">Audit</h1>
        <p className="mt-1 text-[15px] text-muted">
          {props.chain === null
            ? 'Every request to Farshore about your clusters: done, denied, refused, started, failed. Auditors of the whole fleet see whether the log is complete.'
            : 'Every request to Farshore: done, denied, refused, started, failed. A change or removal of an event breaks its hash chain.'}
        </p>
      </header>
      {props.chain === null ? null : <LiveChainPanel initial={props.chain} />}
      <Filters choice={choice} onChange={change} />
      <Entries key={auditQuery(choice)} choice={choice} initial={auditQuery(choice) === auditQuery(props.choice) ? props.initial : null} />
    </main>
  );
}

function LiveChainPanel({ initial }: { initial: ChainStatus }) {
  const { answer } = usePolled('/api/v1/audit/chain', initial, ASK_EVERY_MS);
  return <ChainPanel chain={answer} />;
}

function Filters({ choice, onChange }: { choice: AuditChoice; onChange: (part: Partial<AuditChoice>) => void }) {
  return (
    <Card className="grid grid-cols-2 gap-3 px-4 py-3 md:flex md:flex-wrap md:items-end">
      <TextFilter label="Who" placeholder="ada@" value={choice.actor} onChange={(actor) => onChange({ actor })} />
      <TextFilter label="What" placeholder="operation." value={choice.action} onChange={(action) => onChange({ action })} />
      <TextFilter label="To what" placeholder="cluster:payments" value={choice.subject} onChange={(subject) => onChange({ subject })} />
      <Choice
        compact
        label="Outcome"
        className="md:w-32"
        value={choice.outcome ?? ''}
        onChange={(event) => onChange({ outcome: event.target.value || null })}
        choices={[{ value: '', label: 'any' }, ...AUDIT_OUTCOMES.map((value) => ({ value, label: value }))]}
      />
      <DayFilter label="From (UTC)" value={choice.fromDay} onChange={(fromDay) => onChange({ fromDay })} />
      <DayFilter label="To (UTC)" value={choice.toDay} onChange={(toDay) => onChange({ toDay })} />
    </Card>
  );
}

const inputClass = 'h-8 w-full rounded-md border border-line-strong bg-surface px-2 text-[13px] text-text';

/** Applied on blur or Enter, so that half a word is not searched for. */
function TextFilter(props: { label: string; placeholder: string; value: string | null; onChange: (value: string | null) => void }) {
  const commit = (text: string) => {
    const value = text.trim() || null;
    if (value !== props.value) props.onChange(value);
  };
  return (
    <label className="block text-xs font-medium text-muted md:w-48">
      <span className="mb-1 block">{props.label}</span>
      <input
        className={inputClass}
        defaultValue={props.value ?? ''}
        placeholder={props.placeholder}
        maxLength={200}
        autoComplete="off"
        spellCheck={false}
        onBlur={(event) => commit(event.target.value)}
        onKeyDown={(event) => (event.key === 'Enter' ? commit(event.currentTarget.value) : undefined)}
      />
    </label>
  );
}

function DayFilter(props: { label: string; value: string | null; onChange: (value: string | null) => void }) {
  return (
    <label className="block text-xs font-medium text-muted md:w-36">
      <span className="mb-1 block">{props.label}</span>
      <input
        type="date"
        className={inputClass}
        value={props.value ?? ''}
        onChange={(event) => props.onChange(event.target.value || null)}
      />
    </label>
  );
}

const NOT_ASKED: AuditAnswer = { serverTime: '', entries: [], cursor: null };

function Entries({ choice, initial }: { choice: AuditChoice; initial: AuditAnswer | null }) {
  const query = auditQuery(choice);
  return (
    <PagedList
      label="Events"
      url={`/api/v1/audit${filterQuery(auditFilterOf(choice))}`}
      initial={initial ?? NOT_ASKED}
      intervalMs={ASK_EVERY_MS}
      returnTo={`/audit${query}`}
    >
      {(newest, older) => {
        const entries = merged(newest, older);
        if (entries.length > 0) return <AuditTable entries={entries} />;
        return (
          <p className="px-5 py-5 text-muted">
            {query === '' ? 'No events yet.' : 'No event matches the filters. Remove one to see others.'}
          </p>
        );
      }}
    </PagedList>
  );
}

/** The newest page is polled and moves: an event in both lists is shown once. */
function merged(newest: AuditAnswer, older: readonly AuditAnswer[]) {
  const bySequence = new Map([...newest.entries, ...older.flatMap(({ entries }) => entries)].map((entry) => [entry.sequence, entry]));
  return [...bySequence.values()].sort((a, b) => (BigInt(a.sequence) < BigInt(b.sequence) ? 1 : -1));
}
