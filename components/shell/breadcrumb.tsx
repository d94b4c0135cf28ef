import { ChevronRight } from 'lucide-react';
import Link from 'next/link';
import { cx } from '../ui/class-names.ts';

export interface Crumb {
  href: string;
  text: string;
}

/** Where one is. `current`: the last one is this page itself; else its heading follows. */
export function Breadcrumb({ crumbs, current }: { crumbs: readonly Crumb[]; current: boolean }) {
  return (
    <nav aria-label="Breadcrumb">
      <ol className="flex min-w-0 items-center gap-1 text-xs text-muted">
        {crumbs.map(({ href, text }, index) => (
          <li key={href} className={cx('flex min-w-0 items-center gap-1', index === 0 && 'shrink-0')}>
            {index === 0 ? null : <ChevronRight size={12} aria-hidden className="shrink-0" />}
            {current && index === crumbs.length - 1 ? (
              <span aria-current="page" className="name-line max-w-72 text-text">
                {text}
              </span>
            ) : (
              <Link
                href={href}
                prefetch={false}
                className="name-line max-w-72 rounded py-0.5 underline-offset-2 hover:text-text hover:underline"
              >
                {text}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
