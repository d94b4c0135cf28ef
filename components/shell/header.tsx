import Link from 'next/link';
import type { ReactNode } from 'react';
import type { ScreenName } from '../../lib/domain/screens/registry.ts';
import { NamesHiddenNote } from '../hidden-names/names-hidden-note.tsx';
import { PaletteLauncher } from '../palette/palette-launcher.tsx';
import { Logo } from './logo.tsx';
import { MainNav } from './main-nav.tsx';
import type { OpenFindings } from './main-nav.tsx';

/** On a phone the places stand in a line of their own, below the part that stays in sight. */
export function Header(props: { openFindings: OpenFindings; listed: readonly ScreenName[]; children: ReactNode }) {
  const { openFindings, listed } = props;
  return (
    <>
      <header className="sticky top-0 z-30 border-b border-line bg-surface">
        <a
          href="#content"
          className="absolute top-2 left-2 z-50 -translate-y-20 rounded-md bg-accent px-3 py-2 font-medium text-on-accent focus:translate-y-0"
        >
          Skip to content
        </a>
        <div className="mx-auto flex h-14 max-w-[2200px] items-center gap-2 px-4 sm:px-6 md:gap-6">
          <Link href="/" prefetch={false} className="flex items-center gap-2.5 rounded text-[15px] font-semibold tracking-tight">
            <Logo /> Farshore
          </Link>
          <MainNav openFindings={openFindings} listed={listed} className="max-md:hidden" />
          <span className="flex-1" />
          <NamesHiddenNote />
          <PaletteLauncher listed={listed} />
          {props.children}
        </div>
      </header>
      <div className="overflow-x-auto border-b border-line bg-surface px-2 py-1 md:hidden">
        <MainNav openFindings={openFindings} listed={listed} className="w-max max-sm:gap-0" />
      </div>
    </>
  );
}
