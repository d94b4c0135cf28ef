'use client';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { screensAt } from '../../lib/domain/screens/screens.ts';
import { cx } from '../ui/class-names.ts';

/** The parts of the settings: a column beside them, a row above them on a phone. */
export function SettingsNav() {
  const path = usePathname();
  return (
    <nav aria-label="Settings" className="flex flex-wrap gap-1 lg:w-44 lg:shrink-0 lg:flex-col">
      {screensAt('settings').map((place) => {
        const isHere = path === place.path || path.startsWith(`${place.path}/`);
        return (
          <Link
            key={place.path}
            href={place.path}
            prefetch={false}
            aria-current={isHere ? 'page' : undefined}
            className={cx(
              'rounded-md px-3 py-1.5 text-[13px] font-medium',
              isHere ? 'bg-accent-soft text-text' : 'text-muted hover:bg-raised hover:text-text',
            )}
          >
            {place.label}
          </Link>
        );
      })}
    </nav>
  );
}
