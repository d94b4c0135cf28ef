import type { ReactNode } from 'react';
import { cx } from './class-names.ts';

/** Labels with their values, one a line. */
export function Facts({ className, children }: { className?: string; children: ReactNode }) {
  return <dl className={cx('mt-1 space-y-1.5 text-[13px]', className)}>{children}</dl>;
}

export function Fact({ label, children }: { label: ReactNode; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-4">
      <dt className="text-muted">{label}</dt>
      <dd className="name max-w-[60%] text-right font-medium">{children}</dd>
    </div>
  );
}
