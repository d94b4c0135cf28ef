'use client';
import { Layers } from 'lucide-react';
import { memo } from 'react';
import { Mark } from '../status/mark.tsx';
import { CardFrame, CardTitle } from './card-frame.tsx';
import { sameValues } from './faces.ts';
import type { GroupFace } from './faces.ts';
import type { NodeBox } from './layout-shape.ts';

interface Props {
  face: GroupFace;
  box: NodeBox;
  onOpen: (siteKey: string) => void;
}

/** Several nodes of a site as one card; opens them. */
export const GroupCard = memo(
  function GroupCard({ face, box, onOpen }: Props) {
    return (
      <CardFrame
        data-group={box.siteKey}
        box={box}
        tone={face.tone}
        button={{ 'aria-label': face.label, onClick: () => onOpen(box.siteKey) }}
        className="shadow-[3px_3px_0_var(--raised),4px_4px_0_var(--line)]"
      >
        <CardTitle
          icon={<Layers size={13} aria-hidden className="shrink-0 text-muted" />}
          worstSeverity={face.worstSeverity}
          findingCount={face.findingCount}
        >
          <span className="min-w-0 flex-1 text-[13px] font-semibold">{face.title}</span>
        </CardTitle>
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
      </CardFrame>
    );
  },
  (a, b) => a.onOpen === b.onOpen && sameValues(a.face, b.face) && sameValues(a.box, b.box),
);
