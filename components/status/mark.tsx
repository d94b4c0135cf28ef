import { cx } from '../ui/class-names.ts';
import type { StateTone } from './words.ts';

const TEXT: Record<StateTone, string> = {
  good: 'text-good',
  warn: 'text-warn',
  bad: 'text-bad',
  info: 'text-info',
  unknown: 'text-unknown',
};

/** One shape for each tone: disc, triangle, crossed square, ring with a dot, and a broken ring for unknown. */
function Shape({ tone }: { tone: StateTone }) {
  switch (tone) {
    case 'good':
      return <circle cx="6" cy="6" r="4.5" fill="currentColor" />;
    case 'warn':
      return <path d="M6 1 11.2 10.500H.8Z" fill="currentColor" />;
    case 'bad':
      return (
        <path
          d="M1 1h10v10H1Zm2.600 1.500L2.500 3.600 4.900 6 2.500 8.400l1.100 1.100L6 7.100l2.400 2.400 1.100-1.100L7.100 6l2.400-2.400-1.100-1.100L6 4.900Z"
          fill="currentColor"
          fillRule="evenodd"
        />
      );
    case 'info':
      return (
        <>
          <circle cx="6" cy="6" r="4.500" fill="none" stroke="currentColor" strokeWidth="1.600" />
          <circle cx="6" cy="6" r="1.600" fill="currentColor" />
        </>
      );
    case 'unknown':
      return <circle cx="6" cy="6" r="4.500" fill="none" stroke="currentColor" strokeWidth="2" strokeDasharray="2.800 1.900" />;
  }
}

export function Mark({ tone, size = 11 }: { tone: StateTone; size?: number }) {
  return (
    <svg viewBox="0 0 12 12" width={size} height={size} aria-hidden className={cx('shrink-0', TEXT[tone])}>
      <Shape tone={tone} />
    </svg>
  );
}

/** Shape, colour and word together. */
export function StateWord({ tone, word, className }: { tone: StateTone; word: string; className?: string }) {
  return (
    <span className={cx('inline-flex min-w-0 items-center gap-1.5 font-medium', TEXT[tone], className)}>
      <Mark tone={tone} />
      <span className="truncate">{word}</span>
    </span>
  );
}
