import { useId } from 'react';
import type { ComponentProps, ReactNode } from 'react';
import { cx } from './class-names.ts';

const controlClass = 'w-full rounded-md border border-line-strong bg-surface px-3 text-text';

/** A labelled choice of one. `compact` stands in a row of filters. */
export function Choice(
  props: Omit<ComponentProps<'select'>, 'children'> & {
    label: string;
    choices: readonly { value: string; label: string }[];
    compact?: boolean;
  },
) {
  const { label, choices, compact = false, className, ...select } = props;
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className={cx('mb-1 block font-medium', compact ? 'text-xs text-muted' : 'text-[13px]')}>
        {label}
      </label>
      <select id={id} className={cx(controlClass, compact ? 'h-8 px-2 text-[13px]' : 'h-10 text-[15px]')} {...select}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}

/** A labelled text of several lines. */
export function LongField({ label, hint, ...area }: ComponentProps<'textarea'> & { label: string; hint?: ReactNode }) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-[13px] font-medium">
        {label}
      </label>
      <textarea id={id} rows={3} className={cx(controlClass, 'py-2 text-[15px]')} {...area} />
      {hint === undefined ? null : <p className="mt-1 text-xs text-muted">{hint}</p>}
    </div>
  );
}
