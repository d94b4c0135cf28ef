'use client';
/** Rewind, re-clone or keep: what each would take on this node, asked again while the page is open, because a cluster settles meanwhile. */
import type { RejoinMethod } from '../../lib/domain/operation/model.ts';
import type { NodeStanding } from '../../lib/domain/operation/plan/node-standing.ts';
import { usePolled } from '../live/polled.ts';
import { methodNotes } from './method-notes.ts';
import type { MethodNote } from './method-notes.ts';
import { RadioList } from './radio-list.tsx';
import type { RadioEntry } from './radio-list.tsx';
import { STANDING_EVERY_MS, standingUrl } from './standing-url.ts';

interface Props {
  slug: string;
  target: string | null;
  /** As it came with the page; `null` = nothing is known of the target. */
  standing: NodeStanding | null;
  value: RejoinMethod;
  onChange: (method: RejoinMethod) => void;
}

const METHODS: readonly RadioEntry[] = [
  {
    value: 'rewind',
    label: 'Rewind',
    note: 'Takes back only what diverged (pg_rewind); falls back to a restore, then to a base backup.',
    why: null,
  },
  { value: 're-clone', label: 'Re-clone', note: 'A new base backup of everything.', why: null },
  { value: 'keep', label: 'Keep for inspection', note: 'What only it has is copied and listed; it stays down.', why: null },
];

export function MethodChoice(props: Props) {
  const { target, standing } = props;
  return target === null || standing === null ? (
    <Methods {...props} notes={{}} />
  ) : (
    <PresentMethods {...props} target={target} standing={standing} />
  );
}

function PresentMethods(props: Props & { target: string; standing: NodeStanding }) {
  const { answer } = usePolled(standingUrl(props.slug, props.target), props.standing, STANDING_EVERY_MS);
  return <Methods {...props} notes={methodNotes(answer.readiness)} />;
}

function Methods({ value, notes, onChange }: Pick<Props, 'value' | 'onChange'> & { notes: Partial<Record<RejoinMethod, MethodNote>> }) {
  return (
    <RadioList
      legend="How it comes back"
      name="method"
      value={value}
      entries={METHODS.map((entry) => ({ ...entry, ...readiness(notes[entry.value as RejoinMethod], entry.note) }))}
      onChange={(method) => onChange(method as RejoinMethod)}
    />
  );
}

const readiness = (known: { note: string; why: string | null } | undefined, note: string | null) =>
  known === undefined ? {} : { note: `${note ?? ''} ${known.note}`.trim(), why: known.why };
