'use client';
import { Layers } from 'lucide-react';
import { memo } from 'react';
import { Mark } from '../status/mark.tsx';
import { SEVERITY } from '../status/words.ts';
import { cx } from '../ui/class-names.ts';
import { sameValues } from './faces.ts';
import type { GroupFace } from './faces.ts';
import type { NodeBox } from './layout.ts';
import { EDGE } from './node-card.tsx';

interface Props {
  face: GroupFace;
  box: NodeBox;
  onOpen: (siteKey: string) => void;
}

/** Several nodes of a site as one card; opens them. */
export const GroupCard = memo(
  function GroupCard({ face, box, onOpen }: Props) {
    return (
      <div
        data-group={box.siteKey}
        style={{ width: box.width, height: box.height, transform: `translate(${box.x}px, ${box.y}px)` }}
        className={cx(
          'absolute top-0 left-0 flex flex-col rounded-md border border-l-4 border-line bg-surface px-3 py-2 text-left text-xs shadow-[3px_3px_0_var(--raised),4px_4px_0_var(--line)] hover:border-line-strong',
          EDGE[face.tone],
        )}
      >
        <button type="button" aria-label={face.label} onClick={() => onOpen(box.siteKey)} className="absolute inset-0 rounded-md" />
        <span className="flex items-center gap-1.5">
          <Layers size={13} aria-hidden className="shrink-0 text-muted" />
          <span className="min-w-0 flex-1 text-[13px] font-semibold">{face.title}</span>
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
        <span className="mt-1 flex min-h-[2lh] items-start gap-1.5 font-medium">
          <span className="pt-0.5">
            <Mark tone={face.tone} />
          </span>
          <span className="line-clamp-2" title={face.states}>
            {face.states}
          </span>
        </span>
        <span className="truncate text-muted" title={face.lag}>
          {face.lag}
        </span>
        <span className="mt-auto text-accent">Show each</span>
      </div>
    );
  },
  (a, b) => a.onOpen === b.onOpen && sameValues(a.face, b.face) && sameValues(a.box, b.box),
);
