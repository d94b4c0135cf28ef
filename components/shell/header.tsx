import Link from 'next/link';
import type { ReactNode } from 'react';
import { Logo } from './logo.tsx';

export function Header({ children }: { children: ReactNode }) {
  return (
    <header className="sticky top-0 z-30 border-b border-line bg-surface">
      <a
        href="#content"
        className="absolute top-2 left-2 z-50 -translate-y-20 rounded-md bg-accent px-3 py-2 font-medium text-on-accent focus:translate-y-0"
      >
        Skip to content
      </a>
      <div className="mx-auto flex h-14 max-w-[2200px] items-center gap-6 px-4 sm:px-6">
        <Link href="/" className="flex items-center gap-2.5 rounded text-[15px] font-semibold tracking-tight">
          <Logo /> Farshore
        </Link>
        <nav aria-label="Main" className="flex-1">
          <Link href="/clusters" className="rounded px-2 py-1.5 text-[13px] font-medium text-muted hover:bg-raised hover:text-text">
            Clusters
          </Link>
        </nav>
        {children}
      </div>
    </header>
  );
}
