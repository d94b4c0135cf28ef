'use client';
import { Lock } from 'lucide-react';
import { useId, useState } from 'react';
import type { ComponentProps } from 'react';
import { Button } from './button.tsx';

/**
 * A button that says why it can't be pressed instead of being absent: it stays reachable by keyboard, tells the reason to screen
 * readers, and shows it when it is pressed. `why` = `null`: it can be pressed.
 */
export function GuardedButton({ why, children, onClick, ...rest }: ComponentProps<typeof Button> & { why: string | null }) {
  const id = useId();
  const [shown, setShown] = useState(false);
  if (why === null) {
    return (
      <Button onClick={onClick} {...rest}>
        {children}
      </Button>
    );
  }
  const { className, type: _type, ...look } = rest;
  return (
    <span className="inline-flex max-w-full flex-col items-start gap-1">
      <Button
        {...look}
        aria-disabled
        aria-describedby={id}
        title={why}
        onClick={() => setShown(true)}
        className={`border-dashed text-muted hover:bg-transparent hover:opacity-100 ${look.kind === 'primary' ? 'border-line-strong bg-surface' : ''} ${className ?? ''}`}
      >
        <Lock size={13} aria-hidden /> {children}
      </Button>
      <span id={id} role={shown ? 'status' : undefined} className={shown ? 'max-w-80 text-xs whitespace-normal text-muted' : 'sr-only'}>
        {why}
      </span>
    </span>
  );
}
