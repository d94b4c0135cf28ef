import type { ReactNode } from 'react';
import { Card } from './card.tsx';
import { cx } from './class-names.ts';

/** A titled part of a page. */
export function Panel(props: {
  title: string;
  /** Right after the title, such as the way to an explanation. */
  aside?: ReactNode;
  /** Beside the title, such as a count. */
  note?: ReactNode;
  id?: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    <Card role="region" aria-label={props.title} id={props.id} className={cx('min-w-0 scroll-mt-16', props.className)}>
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 border-b border-line px-5 py-3">
        <h2 className="flex items-center gap-0.5 font-semibold">
          {props.title}
          {props.aside}
        </h2>
        {props.note === undefined ? null : <p className="text-[13px] text-muted">{props.note}</p>}
      </div>
      {props.children}
    </Card>
  );
}
