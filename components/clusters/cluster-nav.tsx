'use client';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { inertText } from '../../lib/domain/format/inert-text.ts';
import { clusterAddress, screenOf, screensAt } from '../../lib/domain/screens/screens.ts';
import { Breadcrumb } from '../shell/breadcrumb.tsx';
import { cx } from '../ui/class-names.ts';

const SECTIONS = screensAt('cluster');
const OVERVIEW = screenOf('overview');

/** Where one is, and the pages of this cluster. */
export function ClusterNav({ slug, name }: { slug: string; name: string }) {
  const pathname = usePathname();
  const base = clusterAddress(slug);
  const rest = pathname.startsWith(base) ? pathname.slice(base.length) : '';
  const section = SECTIONS.find(({ path }) => path !== '' && (rest === path || rest.startsWith(`${path}/`))) ?? screenOf('topology');
  const node = nodeOf(rest);
  const crumbs = [
    { href: OVERVIEW.path, text: OVERVIEW.label },
    { href: base, text: name },
    ...(section.path === '' ? [] : [{ href: base + section.path, text: section.label }]),
    ...(node === null ? [] : [{ href: pathname, text: inertText(node) }]),
  ];
  return (
    <div className="border-b border-line bg-surface">
      <div className="mx-auto max-w-[2200px] px-4 pt-2.5 sm:px-6">
        <Breadcrumb crumbs={crumbs} current />
        <nav aria-label="Pages of this cluster" className="-mx-2 overflow-x-auto">
          <ul className="flex gap-1">
            {SECTIONS.map(({ path, label }) => (
              <li key={path} className="shrink-0">
                <Link
                  href={base + path}
                  prefetch={false}
                  aria-current={section.path !== path ? undefined : rest === path ? 'page' : 'true'}
                  className={cx(
                    'inline-flex h-9 items-center border-b-2 border-transparent px-2 text-[13px] font-medium text-muted hover:text-text focus-visible:-outline-offset-2',
                    section.path === path && 'border-accent text-text',
                  )}
                >
                  {label}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
      </div>
    </div>
  );
}

/** The node that an address ends with, as it is called. */
function nodeOf(rest: string): string | null {
  const [, section, node] = rest.split('/');
  if (section !== 'nodes' || node === undefined || node === '') return null;
  try {
    return decodeURIComponent(node);
  } catch {
    return node;
  }
}
