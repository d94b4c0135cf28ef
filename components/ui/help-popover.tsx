'use client';
import { CircleHelp } from 'lucide-react';
import { Popover } from 'radix-ui';
import type { ReactNode } from 'react';
import { cx } from './class-names.ts';

/**
 * A question mark that explains its neighbour, by click, touch or Enter. Not modal, so it needs no inline styles. Its target is 24 px
 * although the sign is smaller.
 */
export function HelpPopover(props: { label: string; className?: string; trigger?: ReactNode; wide?: boolean; children: ReactNode }) {
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        {props.trigger ?? (
          <button
            type="button"
            aria-label={props.label}
            className={cx(
              'relative z-10 -my-1.5 inline-flex size-6 shrink-0 items-center justify-center rounded-full align-middle text-muted opacity-70 hover:opacity-100 focus-visible:opacity-100 data-[state=open]:text-accent data-[state=open]:opacity-100',
              props.className,
            )}
          >
            <CircleHelp size={13} aria-hidden />
          </button>
        )}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          aria-label={props.label}
          side="bottom"
          align="start"
          sideOffset={4}
          collisionPadding={12}
          className={cx(
            'z-50 max-h-[min(70vh,var(--radix-popover-content-available-height))] overflow-y-auto rounded-md border border-line bg-surface p-4 text-[13px] text-text shadow-high',
            props.wide ? 'w-[min(560px,calc(100vw-24px))]' : 'w-[min(340px,calc(100vw-24px))]',
          )}
        >
          {props.children}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
