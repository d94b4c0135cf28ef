'use client';
import Link from 'next/link';
import { buttonStyle } from '../ui/button.tsx';
import { GuardedButton } from '../ui/guarded-button.tsx';

/** A link that looks like a button, or the button that says why there is none. */
export function GuardedLink(props: { href: string; label: string; accessibleLabel?: string; why: string | null }) {
  if (props.why !== null) {
    return (
      <GuardedButton size="small" why={props.why} aria-label={props.accessibleLabel}>
        {props.label}
      </GuardedButton>
    );
  }
  return (
    <Link href={props.href} prefetch={false} aria-label={props.accessibleLabel} className={buttonStyle({ size: 'small' })}>
      {props.label}
    </Link>
  );
}
