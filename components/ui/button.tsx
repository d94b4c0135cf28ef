import { cva } from 'class-variance-authority';
import type { VariantProps } from 'class-variance-authority';
import type { ComponentProps } from 'react';
import { cx } from './class-names.ts';

export const buttonStyle = cva(
  'inline-flex items-center justify-center gap-2 rounded-md border font-medium whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:opacity-60',
  {
    variants: {
      kind: {
        primary: 'border-transparent bg-accent text-on-accent hover:opacity-90',
        secondary: 'border-line-strong bg-surface text-text hover:bg-raised',
        danger: 'border-transparent bg-bad text-on-accent hover:opacity-90',
        quiet: 'border-transparent bg-transparent text-muted hover:bg-raised hover:text-text',
      },
      size: { small: 'h-8 px-2.5 text-[13px]', medium: 'h-9 px-3.5', square: 'size-9' },
    },
    defaultVariants: { kind: 'secondary', size: 'medium' },
  },
);

export function Button({ kind, size, className, type = 'button', ...rest }: ComponentProps<'button'> & VariantProps<typeof buttonStyle>) {
  return <button type={type} className={cx(buttonStyle({ kind, size }), className)} {...rest} />;
}
