import type { ComponentProps } from 'react';
import { cx } from './class-names.ts';

export function Card({ className, ...rest }: ComponentProps<'section'>) {
  return <section className={cx('rounded-lg border border-line bg-surface shadow-low', className)} {...rest} />;
}
