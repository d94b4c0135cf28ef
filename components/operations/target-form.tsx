'use client';
import { useId } from 'react';
import type { ReactNode } from 'react';
import type { FenceMethod } from '../../lib/domain/operation/model.ts';
import type { NodeStanding } from '../../lib/domain/operation/plan/node-standing.ts';
import { cx } from '../ui/class-names.ts';
import { Panel } from '../ui/panel.tsx';
import { MethodChoice } from './method-choice.tsx';
import type { Draft } from './request-params.ts';
import { RadioList } from './radio-list.tsx';
import type { RadioEntry } from './radio-list.tsx';
import { KIND } from './words.ts';
import { targetChoices, upstreamChoices } from './targets.ts';
import type { TargetNode } from './targets.ts';

export interface SlotEntry {
  node: string;
  name: string;
  /** What it is for and what it keeps. */
  note: string;
  why: string | null;
}

interface Props {
  slug: string;
  draft: Draft;
  nodes: readonly TargetNode[];
  primary: string | null;
  slots: readonly SlotEntry[];
  /** How the target could be brought back, as it came with the page; `null` = nothing is known of it. */
  standing: NodeStanding | null;
  onChange: (draft: Draft) => void;
}

/** What the operation is about. Every choice that can't be taken says why. */
export function TargetForm({ slug, draft, nodes, primary, slots, standing, onChange }: Props) {
  const { kind } = draft;
  const change = (part: Partial<Draft>) => onChange({ ...draft, ...part });
  const targets: RadioEntry[] = targetChoices(kind, nodes, primary).map(({ name, note, why }) => ({ value: name, label: name, note, why }));
  if (kind === 'failover') {
    const note = 'Chosen when every reachable standby has stopped receiving and said how far it is.';
    targets.unshift({ value: '', label: 'The most advanced standby', note, why: null });
  }
  // Beside the target; without it the targets have the whole width.
  const asksMore = kind !== 'switchover' && kind !== 'restart' && kind !== 'reload';
  return (
    <Panel title="Choices">
      <div className={cx('grid gap-x-8 gap-y-5 px-5 py-4', asksMore && 'lg:grid-cols-2')}>
        <RadioList
          legend={KIND[kind].target}
          name="target"
          value={kind === 'failover' ? (draft.target ?? '') : draft.target}
          entries={targets}
          empty="This cluster has no node."
          wide={!asksMore}
          onChange={(value) => change({ target: value === '' ? null : value, slot: null })}
        />
        <div className="space-y-5 empty:hidden">
          {kind === 'failover' ? (
            <RadioList
              legend="How it is made sure that the old primary writes no more"
              name="fence"
              value={draft.fence}
              entries={FENCES}
              onChange={(value) => change({ fence: value as FenceMethod })}
            />
          ) : null}
          {kind === 'reversion' ? (
            <>
              <MethodChoice
                key={draft.target}
                slug={slug}
                target={draft.target}
                standing={standing}
                value={draft.method}
                onChange={(method) => change({ method })}
              />
              <SwitchBack draft={draft} onChange={change} />
            </>
          ) : null}
          {kind === 'add-standby' || kind === 're-parent' ? (
            <RadioList
              legend="Streams from"
              name="upstream"
              value={draft.upstream}
              entries={upstreamChoices(nodes, draft.target).map(({ name, note, why }) => ({ value: name, label: name, note, why }))}
              empty="This cluster has no other node."
              onChange={(value) => change({ upstream: value })}
            />
          ) : null}
          {kind === 'add-standby' ? <CopyRate draft={draft} onChange={change} /> : null}
          {kind === 'drop-slot' ? (
            <RadioList
              legend="Slot"
              name="slot"
              value={draft.slot}
              entries={slots
                .filter(({ node }) => node === draft.target)
                .map(({ name, note, why }) => ({ value: name, label: name, note, why }))}
              empty={draft.target === null ? 'Choose the node first.' : `${draft.target} reports no slot.`}
              onChange={(value) => change({ slot: value })}
            />
          ) : null}
        </div>
      </div>
    </Panel>
  );
}

const FENCES: readonly RadioEntry[] = [
  { value: 'agent', label: 'Its agent stops it, and proves it', note: 'Needs the agent of the old primary to be reachable.', why: null },
  { value: 'command', label: 'The fence command cuts it off', note: 'The command that the administrator gave the controller.', why: null },
  {
    value: 'override',
    label: 'I state that it is off',
    note: 'No proof. It is recorded with your name. If it still runs somewhere, two nodes may take writes.',
    why: null,
  },
];

function SwitchBack({ draft, onChange }: { draft: Draft; onChange: (part: Partial<Draft>) => void }) {
  const off = draft.method === 'keep';
  return (
    <Labelled
      label="Make it the primary again at the end"
      note={off ? 'Not possible for a node that stays down.' : 'A switchover as the last part of this operation.'}
    >
      {(id) => (
        <input
          id={id}
          type="checkbox"
          className="mt-1 size-4 accent-accent"
          checked={draft.switchBack && !off}
          disabled={off}
          onChange={(event) => onChange({ switchBack: event.target.checked })}
        />
      )}
    </Labelled>
  );
}

const BYTES_PER_MEGABYTE = 1024 * 1024;
const RATES_MEGABYTES = [null, 10, 50, 100, 200, 500] as const;

function CopyRate({ draft, onChange }: { draft: Draft; onChange: (part: Partial<Draft>) => void }) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-[13px] font-medium">
        Copy at most
      </label>
      <select
        id={id}
        className="h-9 rounded-md border border-line-strong bg-surface px-2 text-text"
        value={draft.bytesPerSecondMax === null ? '' : String(draft.bytesPerSecondMax / BYTES_PER_MEGABYTE)}
        onChange={({ target: { value } }) => onChange({ bytesPerSecondMax: value === '' ? null : Number(value) * BYTES_PER_MEGABYTE })}
      >
        {RATES_MEGABYTES.map((rate) => (
          <option key={rate} value={rate ?? ''}>
            {rate === null ? 'as fast as it goes' : `${rate} MB/s`}
          </option>
        ))}
      </select>
    </div>
  );
}

function Labelled({ label, note, children }: { label: string; note: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className={cx('flex items-start gap-2 text-[13px]')}>
      {children(id)}
      <label htmlFor={id}>
        <span className="font-medium">{label}</span>
        <span className="block text-xs text-muted">{note}</span>
      </label>
    </div>
  );
}
