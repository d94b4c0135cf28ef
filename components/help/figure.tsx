'use client';
import type { ReactNode } from 'react';
import { cx } from '../ui/class-names.ts';
import { HelpedLabel } from './help.tsx';
import type { HelpText } from './text.ts';

/** A labelled figure with a note under it and the way to how it is measured. */
export function Figure(props: { label: string; help: HelpText; note: ReactNode; className?: string; children: ReactNode }) {
  return (
    <div className={cx('min-w-0', props.className)}>
      <dt className="text-xs text-muted">
        <HelpedLabel text={props.help}>{props.label}</HelpedLabel>
      </dt>
      <dd className="mt-0.5 min-w-0">
        <div className="text-[15px] font-semibold">{props.children}</div>
        <div className="name mt-0.5 min-h-[2lh] text-xs text-muted">{props.note}</div>
      </dd>
    </div>
  );
}
