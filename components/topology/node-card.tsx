'use client';
import { Database, Wrench } from 'lucide-react';
import { memo } from 'react';
import { StateWord } from '../status/mark.tsx';
import type { StateTone } from '../status/words.ts';
import { cx } from '../ui/class-names.ts';
import { CardFrame, CardTitle } from './card-frame.tsx';
import { sameValues } from './faces.ts';
import type { NodeFace } from './faces.ts';
import type { NodeBox } from './layout-shape.ts';

interface Props {
  face: NodeFace;
  box: NodeBox;
  chosen: boolean;
  onChoose: (name: string) => void;
}

export const NodeCard = memo(function NodeCard({ face, box, chosen, onChoose }: Props) {
  return (
    <CardFrame
      data-node={face.name}
      data-state={face.state}
      box={box}
      tone={face.tone}
      button={{
        'aria-label': face.label,
        'aria-pressed': chosen,
        title: face.maintained ? `${face.name}, under maintenance` : face.name,
        onClick: () => onChoose(face.name),
      }}
      className={cx(
        'shadow-low transition-[transform,border-color] duration-300',
        face.doing !== null && 'border-info ring-2 ring-info',
        chosen && 'ring-2 ring-accent',
      )}
    >
      <CardTitle
        icon={<Database size={13} aria-hidden className={cx('shrink-0', face.isPrimary ? 'text-accent' : 'text-muted')} />}
        worstSeverity={face.worstSeverity}
        findingCount={face.findingCount}
      >
        <span className="name-line min-w-0 flex-1 text-[13px] font-semibold">{face.name}</span>
        {face.maintained ? <Wrench size={13} aria-hidden className="shrink-0 text-warn" /> : null}
      </CardTitle>
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
    </CardFrame>
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
