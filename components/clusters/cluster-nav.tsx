'use client';
import { ChevronRight } from 'lucide-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { inertText } from '../../lib/domain/format/inert-text.ts';
import { cx } from '../ui/class-names.ts';

const SECTIONS = [
  { path: '', word: 'Topology' },
  { path: '/slots', word: 'Slots & disk' },
  { path: '/archive', word: 'Archive & backups' },
  { path: '/nodes', word: 'Nodes' },
  { path: '/operations', word: 'Operations' },
] as const;

/** Where one is, and the pages of this cluster. */
export function ClusterNav({ slug, name }: { slug: string; name: string }) {
  const pathname = usePathname();
  const base = `/clusters/${encodeURIComponent(slug)}`;
  const rest = pathname.startsWith(base) ? pathname.slice(base.length) : '';
  const section = SECTIONS.find(({ path }) => path !== '' && (rest === path || rest.startsWith(`${path}/`))) ?? SECTIONS[0];
  const node = nodeOf(rest);
  const crumbs = [
    { href: '/', text: 'Overview' },
    { href: base, text: name },
    ...(section.path === '' ? [] : [{ href: base + section.path, text: section.word }]),
    ...(node === null ? [] : [{ href: pathname, text: inertText(node) }]),
  ];
  return (
    <div className="border-b border-line bg-surface">
      <div className="mx-auto max-w-[2200px] px-4 pt-2.5 sm:px-6">
        <nav aria-label="Breadcrumb">
          <ol className="flex min-w-0 items-center gap-1 text-xs text-muted">
            {crumbs.map(({ href, text }, index) => {
              const last = index === crumbs.length - 1;
              return (
                <li key={href} className={cx('flex min-w-0 items-center gap-1', index === 0 && 'shrink-0')}>
                  {index === 0 ? null : <ChevronRight size={12} aria-hidden className="shrink-0" />}
                  {last ? (
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
              );
            })}
          </ol>
        </nav>
        <nav aria-label="Pages of this cluster" className="-mx-2 overflow-x-auto">
          <ul className="flex gap-1">
            {SECTIONS.map(({ path, word }) => (
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
                  {word}
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
