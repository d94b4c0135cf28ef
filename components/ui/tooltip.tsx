'use client';
import { Tooltip as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

const OPEN_DELAY_MS = 250;

export function TooltipProvider({ children }: { children: ReactNode }) {
  return <Radix.Provider delayDuration={OPEN_DELAY_MS}>{children}</Radix.Provider>;
}

/** More words about what is pointed at. Never the only place of a fact: a phone has no pointer. */
export function Tooltip({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          sideOffset={6}
          collisionPadding={8}
          className="z-50 max-w-80 rounded-md border border-line bg-surface px-2.5 py-1.5 text-[13px] text-text shadow-high"
        >
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
