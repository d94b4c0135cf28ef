'use client';
import { X } from 'lucide-react';
import { useEffect, useId, useRef } from 'react';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';

/**
 * A modal dialog by the browser's own element: keeps focus inside, closes by Escape, and needs no inline styles. Its content is mounted
 * each time it opens.
 */
export function Dialog(props: { open: boolean; onClose: () => void; title: ReactNode; children: ReactNode }) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const { open, onClose } = props;
  useEffect(() => {
    const dialog = element.current;
    if (dialog === null) return;
    if (open && !dialog.open) dialog.showModal();
    if (!open && dialog.open) dialog.close();
  }, [open]);
  return (
    <dialog
      ref={element}
      aria-labelledby={titleId}
      onClose={onClose}
      className="m-auto max-h-[calc(100dvh-2rem)] w-[min(34rem,calc(100vw-2rem))] overflow-y-auto rounded-lg border border-line bg-surface p-0 text-text shadow-high backdrop:bg-black/40"
    >
      {open ? (
        <>
          <div className="flex items-start gap-3 border-b border-line px-5 py-4">
            <h2 id={titleId} className="name min-w-0 flex-1 text-base font-semibold">
              {props.title}
            </h2>
            <Button kind="quiet" size="square" aria-label="Close" className="-my-1.5" onClick={onClose}>
              <X size={18} aria-hidden />
            </Button>
          </div>
          <div className="px-5 py-4">{props.children}</div>
        </>
      ) : null}
    </dialog>
  );
}
