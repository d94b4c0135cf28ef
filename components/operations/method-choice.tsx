'use client';
/** Ways of bringing a node back: what each would take on this node, asked again while the page is open, because a cluster settles meanwhile. */
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
  legend: string;
  name: string;
  entries: readonly RadioEntry[];
  target: string | null;
  /** As it came with the page; `null` = nothing is known of the target. */
  standing: NodeStanding | null;
  value: string | null;
  onChange: (value: string) => void;
}

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

function Methods({ legend, name, value, entries, notes, onChange }: Props & { notes: Partial<Record<RejoinMethod, MethodNote>> }) {
  return (
    <RadioList
      legend={legend}
      name={name}
      value={value}
      entries={entries.map((entry) => ({ ...entry, ...readiness(notes[entry.value as RejoinMethod], entry.note) }))}
      onChange={onChange}
    />
  );
}

const readiness = (known: MethodNote | undefined, note: string | null) =>
  known === undefined ? {} : { note: `${note ?? ''} ${known.note}`.trim(), why: known.why };
