'use client';
import { Search } from 'lucide-react';
import { Suspense, lazy, useEffect, useState, useSyncExternalStore } from 'react';
import type { ScreenName } from '../../lib/domain/screens/registry.ts';
import { Button } from '../ui/button.tsx';

/** The palette is code that most page views never need: it comes with the first opening. */
const PaletteDialog = lazy(() => import('./palette-dialog.tsx'));

const never = () => () => undefined;
const keysOfThisMachine = () => (/^(Mac|iP)/.test(navigator.platform) ? '⌘K' : 'Ctrl K');

/** The search button of the header, and its keys: ⌘K or Ctrl-K anywhere, and `/` outside of fields. */
export function PaletteLauncher({ listed }: { listed: readonly ScreenName[] }) {
  const [open, setOpen] = useState(false);
  const keys = useSyncExternalStore(never, keysOfThisMachine, () => 'Ctrl K');
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const field = event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable]') !== null;
      const combination = (event.metaKey || event.ctrlKey) && !event.altKey && event.key.toLowerCase() === 'k';
      if (!combination && (field || event.key !== '/' || event.metaKey || event.ctrlKey || event.altKey)) return;
      event.preventDefault();
      setOpen((current) => (combination ? !current : true));
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <Button
        kind="secondary"
        size="small"
        aria-haspopup="dialog"
        aria-keyshortcuts="Control+K Meta+K"
        onClick={() => setOpen(true)}
        className="text-muted max-md:size-9 max-md:border-transparent max-md:bg-transparent max-md:px-0 md:min-w-44 md:justify-start"
      >
        <Search size={15} aria-hidden />
        <span className="sr-only">Go to a cluster, node or page</span>
        <span aria-hidden className="flex-1 text-left font-normal max-md:hidden">
          Go to…
        </span>
        <kbd aria-hidden className="rounded border border-line bg-raised px-1 font-sans text-[11px] max-md:hidden">
          {keys}
        </kbd>
      </Button>
      {open ? (
        <Suspense fallback={null}>
          <PaletteDialog listed={listed} onClose={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
