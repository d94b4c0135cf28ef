'use client';
import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useRef } from 'react';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';

/**
 * A panel at the right edge (the whole screen on a phone). Not modal: what it explains stays in sight and in reach, and nothing has
 * to write styles into the page.
 */
export function Sheet(props: { open: boolean; onClose: () => void; title: ReactNode; subtitle?: ReactNode; children: ReactNode }) {
  // Gets the focus back when it closes.
  const opener = useRef<HTMLElement | null>(null);
  return (
    <Dialog.Root open={props.open} onOpenChange={(open) => (open ? undefined : props.onClose())} modal={false}>
      <Dialog.Portal>
        <Dialog.Content
          onOpenAutoFocus={() => {
            if (document.activeElement instanceof HTMLElement) opener.current = document.activeElement;
          }}
          onFocusOutside={(event) => {
            if (event.target instanceof HTMLElement) opener.current = event.target;
          }}
          onInteractOutside={(event) => event.preventDefault()}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            opener.current?.focus();
          }}
          className="fixed inset-y-0 right-0 z-40 flex w-full flex-col border-l border-line bg-surface shadow-high sm:w-[420px]"
        >
          <div className="flex items-start gap-3 border-b border-line px-5 py-4">
            <div className="min-w-0 flex-1">
              <Dialog.Title className="name text-base font-semibold">{props.title}</Dialog.Title>
              <Dialog.Description asChild>
                <div className="name mt-0.5 text-[13px] text-muted">{props.subtitle}</div>
              </Dialog.Description>
            </div>
            <Dialog.Close asChild>
              <Button kind="quiet" size="square" aria-label="Close">
                <X size={18} aria-hidden />
              </Button>
            </Dialog.Close>
          </div>
          <div tabIndex={0} className="min-h-0 flex-1 overflow-y-auto px-5 py-4">
            {props.children}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
