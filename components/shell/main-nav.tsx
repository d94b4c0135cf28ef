'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import type { Severity } from '../../lib/domain/findings/model.ts';
import type { ScreenName } from '../../lib/domain/screens/registry.ts';
import { screensAt } from '../../lib/domain/screens/screens.ts';
import { Mark } from '../status/mark.tsx';
import { cx } from '../ui/class-names.ts';

const COUNT_EVERY_MS = 10_000;
export type OpenFindings = Record<Severity, number> | null;

/** The places that belong to the whole fleet. `listed`: what this person is offered. */
export function MainNav(props: { openFindings: OpenFindings; listed: readonly ScreenName[]; className?: string }) {
  return (
    <nav aria-label="Main" className={cx('flex items-center gap-1', props.className)}>
      {screensAt('main')
        .filter(({ name }) => props.listed.includes(name))
        .map(({ name, path, alsoAt, label, count }) => (
          <NavLink key={name} href={path} also={alsoAt}>
            {label}
            {count === 'open-findings' ? <FindingCount initial={props.openFindings} /> : null}
          </NavLink>
        ))}
    </nav>
  );
}

function NavLink({ href, also, children }: { href: string; also: readonly string[]; children: ReactNode }) {
  const pathname = usePathname();
  const here = pathname === href || also.includes(pathname);
  const inside = href !== '/' && pathname.startsWith(`${href}/`);
  return (
    <Link
      href={href}
      prefetch={false}
      aria-current={here ? 'page' : inside ? 'true' : undefined}
      className={cx(
        'inline-flex h-8 items-center gap-1.5 rounded-md px-2.5 text-[13px] max-sm:px-2 font-medium text-muted hover:bg-raised hover:text-text',
        (here || inside) && 'bg-raised text-text',
      )}
    >
      {children}
    </Link>
  );
}

/** `null` = unknown. Polled every 10 s. Its place is kept, so that a growing figure moves nothing. */
function FindingCount({ initial }: { initial: OpenFindings }) {
  const { data, isError } = useQuery({
    queryKey: ['open-findings'],
    queryFn: fetchCounts,
    initialData: initial,
    staleTime: COUNT_EVERY_MS,
    refetchInterval: COUNT_EVERY_MS,
  });
  const known = isError ? null : data;
  const total = known === null ? null : known.critical + known.warning + known.info;
  const tone = known === null ? 'unknown' : known.critical > 0 ? 'bad' : known.warning > 0 ? 'warn' : total === 0 ? 'good' : 'info';
  return (
    <span
      className="inline-flex min-w-9 items-center gap-1 text-xs tabular-nums"
      title={
        known === null
          ? 'The number of open findings is unknown now.'
          : `${known.critical} critical, ${known.warning} warning, ${known.info} info: open now`
      }
    >
      <Mark tone={tone} size={9} />
      {total ?? '?'}
      <span className="sr-only">{total === null ? 'number of open findings unknown' : 'open'}</span>
    </span>
  );
}

async function fetchCounts(): Promise<OpenFindings> {
  const response = await fetch('/api/open-findings', { cache: 'no-store' });
  if (!response.ok) throw new Error(`The counts were refused with status ${response.status}.`);
  return (await response.json()) as OpenFindings;
}
