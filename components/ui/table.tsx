import type { ComponentProps } from 'react';
import { cx } from './class-names.ts';

/** A table that scrolls inside its own box, reachable by keyboard. `label` names it for screen readers. */
export function Table({ label, className, ...rest }: ComponentProps<'table'> & { label: string }) {
  return (
    <div role="region" aria-label={label} tabIndex={0} className="overflow-x-auto">
      <table className={cx('w-full border-collapse text-left text-[13px]', className)} {...rest} />
    </div>
  );
}

export function HeaderCell({ className, ...rest }: ComponentProps<'th'>) {
  return (
    <th
      scope="col"
      className={cx('border-b border-line px-3 py-2 text-xs font-medium whitespace-nowrap text-muted first:pl-5 last:pr-5', className)}
      {...rest}
    />
  );
}

export function Cell({ className, ...rest }: ComponentProps<'td'>) {
  return <td className={cx('border-b border-line px-3 py-2 align-top first:pl-5 last:pr-5', className)} {...rest} />;
}
