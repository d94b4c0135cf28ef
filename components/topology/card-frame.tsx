import type { ComponentProps, ReactNode } from 'react';
import type { Severity } from '../../lib/domain/findings/model.ts';
import { Mark } from '../status/mark.tsx';
import { SEVERITY } from '../status/words.ts';
import type { StateTone } from '../status/words.ts';
import { cx } from '../ui/class-names.ts';
import type { NodeBox } from './layout-shape.ts';

/** The left edge of a card, in the colour of its state; broken for unknown. */
export const EDGE: Record<StateTone, string> = {
  good: 'border-l-good',
  warn: 'border-l-warn',
  bad: 'border-l-bad',
  info: 'border-l-info',
  unknown: 'border-l-unknown border-dashed',
};

/** A card of the picture in its place. All of it is one button, whose name says in one breath what the card says in figures. */
export function CardFrame(
  props: ComponentProps<'div'> & { box: NodeBox; tone: StateTone; button: ComponentProps<'button'>; children: ReactNode },
) {
  const { box, tone, button, className, children, ...rest } = props;
  return (
    <div
      {...rest}
      style={{ width: box.width, height: box.height, transform: `translate(${box.x}px, ${box.y}px)` }}
      className={cx(
        'absolute top-0 left-0 flex flex-col rounded-md border border-l-4 border-line bg-surface px-3 py-2 text-left text-xs hover:border-line-strong',
        EDGE[tone],
        className,
      )}
    >
      <button type="button" {...button} className="absolute inset-0 rounded-md" />
      {children}
    </div>
  );
}

/** Icon, name, and how many findings there are by the worst of them. */
export function CardTitle(props: { icon: ReactNode; worstSeverity: Severity | null; findingCount: number; children: ReactNode }) {
  const { worstSeverity, findingCount } = props;
  return (
    <span className="flex items-center gap-1.5">
      {props.icon}
      {props.children}
      {worstSeverity === null ? null : (
        <span className="inline-flex shrink-0 items-center gap-1 font-medium" title={`${findingCount} findings, worst: ${worstSeverity}`}>
          <Mark tone={SEVERITY[worstSeverity].tone} />
          {findingCount}
        </span>
      )}
    </span>
  );
}
