'use client';
import { Database } from 'lucide-react';
import { memo } from 'react';
import { Mark, StateWord } from '../status/mark.tsx';
import { SEVERITY } from '../status/words.ts';
import type { StateTone } from '../status/words.ts';
import { cx } from '../ui/class-names.ts';
import { sameValues } from './faces.ts';
import type { NodeFace } from './faces.ts';
import type { NodeBox } from './layout.ts';

/** The left edge of a card, in the colour of its state; broken for what is not known. */
export const EDGE: Record<StateTone, string> = {
  good: 'border-l-good',
  warn: 'border-l-warn',
  bad: 'border-l-bad',
  info: 'border-l-info',
  unknown: 'border-l-unknown border-dashed',
};

interface Props {
  face: NodeFace;
  box: NodeBox;
  chosen: boolean;
  onChoose: (name: string) => void;
}

export const NodeCard = memo(function NodeCard({ face, box, chosen, onChoose }: Props) {
  return (
    <div
      data-node={face.name}
      data-state={face.state}
      style={{ width: box.width, height: box.height, transform: `translate(${box.x}px, ${box.y}px)` }}
      className={cx(
        'absolute top-0 left-0 flex flex-col rounded-md border border-l-4 border-line bg-surface px-3 py-2 text-left text-xs shadow-low transition-[transform,border-color] duration-300 hover:border-line-strong',
        EDGE[face.tone],
        face.doing !== null && 'border-info ring-2 ring-info',
        chosen && 'ring-2 ring-accent',
      )}
    >
      {/* Over the whole card and without text of its own: its name says in one breath what the card says in figures. */}
      <button
        type="button"
        aria-label={face.label}
        aria-pressed={chosen}
        title={face.name}
        onClick={() => onChoose(face.name)}
        className="absolute inset-0 rounded-md"
      />
      <span className="flex items-center gap-1.5">
        <Database size={13} aria-hidden className={cx('shrink-0', face.isPrimary ? 'text-accent' : 'text-muted')} />
        <span className="name-line min-w-0 flex-1 text-[13px] font-semibold">{face.name}</span>
        {face.worstSeverity === null ? null : (
          <span
            className="inline-flex shrink-0 items-center gap-1 font-medium"
            title={`${face.findingCount} findings, worst: ${face.worstSeverity}`}
          >
            <Mark tone={SEVERITY[face.worstSeverity].tone} />
            {face.findingCount}
          </span>
        )}
      </span>
      <span className="mt-0.5 flex items-center justify-between gap-2">
        <StateWord tone={face.tone} word={face.state} />
        <span className={cx('shrink-0', face.isPrimary ? 'rounded bg-accent-soft px-1.5 font-semibold text-accent' : 'text-muted')}>
          {face.role}
        </span>
      </span>
      <span className="mt-1 flex justify-between gap-2">
        <span className="truncate font-medium">{face.first}</span>
        <span className="shrink-0 text-muted">{face.timeline}</span>
      </span>
      {face.doing === null ? (
        <span className="truncate text-muted">{face.age ?? face.second}</span>
      ) : (
        <span className="truncate font-medium text-info" title={face.doing}>
          {face.doing}
        </span>
      )}
      <DiskBar face={face} />
    </div>
  );
}, sameCard);

const BAR: Record<StateTone, string> = { good: 'bg-muted', warn: 'bg-warn', bad: 'bg-bad', info: 'bg-info', unknown: 'bg-unknown' };

function DiskBar({ face }: { face: NodeFace }) {
  return (
    <span className="mt-auto flex items-center gap-2 text-[11px] text-muted">
      <span className="h-1.5 flex-1 overflow-hidden rounded-full bg-line">
        {face.diskUsedFraction === null ? null : (
          <span className={cx('block h-full', BAR[face.diskTone])} style={{ width: `${face.diskUsedFraction * 100}%` }} />
        )}
      </span>
      <span className="shrink-0">{face.diskText}</span>
    </span>
  );
}

function sameCard(a: Props, b: Props): boolean {
  return a.chosen === b.chosen && a.onChoose === b.onChoose && sameValues(a.face, b.face) && sameValues(a.box, b.box);
}
