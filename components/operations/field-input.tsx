'use client';
import { useId } from 'react';
import type { Field } from '../../lib/domain/operation/fields.ts';
import type { NodeStanding } from '../../lib/domain/operation/plan/node-standing.ts';
import { isOff } from '../../lib/domain/operation/request-address.ts';
import type { Draft, DraftValue } from '../../lib/domain/operation/request-address.ts';
import type { TargetNode } from '../../lib/domain/operation/target.ts';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { Choice } from '../ui/choice.tsx';
import { MethodChoice } from './method-choice.tsx';
import { RadioList } from './radio-list.tsx';
import { upstreamChoices } from './target-choices.ts';

export interface SlotEntry {
  node: string;
  name: string;
  /** The slot's consumer and the WAL it retains. */
  note: string;
  why: string | null;
}

export interface TargetFormProps {
  slug: string;
  draft: Draft;
  nodes: readonly TargetNode[];
  view: ClusterView | null;
  slots: readonly SlotEntry[];
  /** How the target could be brought back, as it came with the page; `null` = nothing is known of it. */
  standing: NodeStanding | null;
  onChange: (draft: Draft) => void;
}

type Props = Omit<TargetFormProps, 'onChange'> & { name: string; field: Field; onChange: (value: DraftValue) => void };

/** The control for one field of a request, whichever kind it belongs to. */
export function FieldInput(props: Props) {
  const { field, name, draft, onChange } = props;
  const target = typeof draft['target'] === 'string' ? draft['target'] : null;
  const text = typeof draft[name] === 'string' ? draft[name] : null;
  switch (field.field) {
    case 'target':
      return null;
    case 'upstream':
      return (
        <RadioList
          legend={field.label}
          name={name}
          value={text}
          entries={upstreamChoices(props.nodes, target, props.view).map((choice) => ({
            ...choice,
            value: choice.name,
            label: choice.name,
          }))}
          empty="This cluster has no other node."
          onChange={onChange}
        />
      );
    case 'slot':
      return (
        <RadioList
          legend={field.label}
          name={name}
          value={text}
          entries={props.slots
            .filter(({ node }) => node === target)
            .map((slot) => ({ value: slot.name, label: slot.name, note: slot.note, why: slot.why }))}
          empty={target === null ? 'Choose the node first.' : `${target} reports no slot.`}
          onChange={onChange}
        />
      );
    case 'choice': {
      const entries = field.choices.map(({ value, label, note }) => ({ value, label, note, why: null }));
      const common = { name, entries, value: text, onChange };
      return field.readiness ? (
        <MethodChoice key={target} legend={field.label} {...common} slug={props.slug} target={target} standing={props.standing} />
      ) : (
        <RadioList legend={field.label} {...common} />
      );
    }
    case 'flag':
      return <Flag field={field} on={draft[name] === true} off={isOff(field, draft)} onChange={onChange} />;
    case 'bytes-per-second':
      return <Rate label={field.label} value={draft[name] ?? null} onChange={onChange} />;
  }
}

function Flag(props: { field: Extract<Field, { field: 'flag' }>; on: boolean; off: boolean; onChange: (on: boolean) => void }) {
  const id = useId();
  const { field, on, off } = props;
  return (
    <div className="flex items-start gap-2 text-[13px]">
      <input
        id={id}
        type="checkbox"
        className="mt-1 size-4 accent-accent"
        checked={on && !off}
        disabled={off}
        onChange={(event) => props.onChange(event.target.checked)}
      />
      <label htmlFor={id}>
        <span className="font-medium">{field.label}</span>
        <span className="block text-xs text-muted">{off ? field.offWith?.note : field.note}</span>
      </label>
    </div>
  );
}

const BYTES_PER_MEGABYTE = 1024 * 1024;
const RATES_MEGABYTES = [null, 10, 50, 100, 200, 500] as const;

function Rate({ label, value, onChange }: { label: string; value: DraftValue; onChange: (bytesPerSecond: number | null) => void }) {
  return (
    <Choice
      className="max-w-60"
      label={label}
      value={value === null ? '' : String(Number(value) / BYTES_PER_MEGABYTE)}
      onChange={({ target }) => onChange(target.value === '' ? null : Number(target.value) * BYTES_PER_MEGABYTE)}
      choices={RATES_MEGABYTES.map((rate) => ({ value: String(rate ?? ''), label: rate === null ? 'as fast as it goes' : `${rate} MB/s` }))}
    />
  );
}
