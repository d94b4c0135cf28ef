'use client';
import type { ReactNode } from 'react';
import { cx } from './class-names.ts';

/** A few choices of which one holds, each a button that says whether it is pressed. */
export function ToggleChoices<T extends string>(props: {
  label: string;
  value: T;
  choices: readonly { value: T; label: ReactNode }[];
  onChange: (value: T) => void;
}) {
  return (
    <div role="group" aria-label={props.label} className="flex flex-wrap rounded-md border border-line bg-raised p-0.5">
      {props.choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          aria-pressed={choice.value === props.value}
          onClick={() => props.onChange(choice.value)}
          className={cx(
            'inline-flex h-7 items-center gap-1.5 rounded px-2.5 text-[13px] font-medium whitespace-nowrap text-muted hover:text-text',
            choice.value === props.value && 'bg-surface text-text shadow-low',
          )}
        >
          {choice.label}
        </button>
      ))}
    </div>
  );
}
