import clsx from 'clsx';
import type { ClassValue } from 'clsx';
import { twMerge } from 'tailwind-merge';

/** Joins class names; of two that set the same thing, the later one holds. */
export const cx = (...values: ClassValue[]): string => twMerge(clsx(values));
