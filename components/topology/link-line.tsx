'use client';
import { memo } from 'react';
import { StateWord } from '../status/mark.tsx';
import type { StateTone } from '../status/words.ts';
import { cx } from '../ui/class-names.ts';
import { sameValues } from './faces.ts';
import type { LinkFace } from './faces.ts';
import type { LinkPath } from './layout-shape.ts';

const STROKE: Record<StateTone, string> = {
  good: 'stroke-good',
  warn: 'stroke-warn',
  bad: 'stroke-bad',
  info: 'stroke-info',
  unknown: 'stroke-unknown',
};
/** Broken lines for streams that do not flow: readable without colour. */
const DASHES: Record<StateTone, string | undefined> = { good: undefined, info: undefined, warn: '9 4', bad: '3 5', unknown: '1 5' };
const FILL: Record<StateTone, string> = {
  good: 'fill-good',
  warn: 'fill-warn',
  bad: 'fill-bad',
  info: 'fill-info',
  unknown: 'fill-unknown',
};
const TONES = Object.keys(FILL) as StateTone[];

/** Arrow heads; they point the way the WAL flows. */
export function ArrowHeads() {
  return (
    <defs>
      {TONES.map((tone) => (
        <marker
          key={tone}
          id={`arrow-${tone}`}
          viewBox="0 0 8 8"
          refX="7.500"
          refY="4"
          markerWidth="8"
          markerHeight="8"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path d="M0 .5 8 4 0 7.500Z" className={FILL[tone]} />
        </marker>
      ))}
    </defs>
  );
}

export const LinkLine = memo(function LinkLine({ tone, path }: { tone: StateTone; path: string }) {
  return (
    <path
      d={path}
      fill="none"
      strokeWidth={tone === 'good' ? 1.8 : 2.2}
      strokeLinecap="round"
      strokeDasharray={DASHES[tone]}
      markerEnd={`url(#arrow-${tone})`}
      className={STROKE[tone]}
    />
  );
});

export const LinkLabel = memo(
  function LinkLabel({ face, link }: { face: LinkFace; link: LinkPath }) {
    const { label } = link;
    return (
      <div
        role="img"
        aria-label={face.title}
        title={face.title}
        data-link={`${face.from}→${face.to}`}
        data-state={face.state}
        style={{ width: label.width, height: label.height, transform: `translate(${label.x}px, ${label.y}px)` }}
        className="absolute top-0 left-0 flex flex-col justify-center overflow-hidden rounded border border-line bg-canvas px-2 text-[11px] leading-[15px] transition-transform duration-300"
      >
        <StateWord tone={face.tone} word={face.state} className="text-[11px]" />
        <span className={cx('truncate', face.termsTone === 'bad' ? 'font-medium text-bad' : 'text-muted')}>{face.terms}</span>
        <span className="truncate text-muted">{face.lag}</span>
        <span className="truncate text-muted">{face.flow}</span>
      </div>
    );
  },
  (a, b) => sameValues(a.face, b.face) && a.link.path === b.link.path && sameValues(a.link.label, b.link.label),
);
