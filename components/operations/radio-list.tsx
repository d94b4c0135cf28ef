'use client';
import { useId } from 'react';
import { cx } from '../ui/class-names.ts';

export interface RadioEntry {
  value: string;
  label: string;
  note: string | null;
  /** Why it can't be chosen; `null` = it can. */
  why: string | null;
}

/** A choice of one with a line about each; what can't be chosen says why. */
export function RadioList(props: {
  legend: string;
  name: string;
  value: string | null;
  entries: readonly RadioEntry[];
  empty?: string;
  /** Two beside each other where there is room. */
  wide?: boolean;
  onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1.5 text-[13px] font-medium">{props.legend}</legend>
      {props.entries.length === 0 ? <p className="text-[13px] text-muted">{props.empty}</p> : null}
      <div className={cx('grid gap-1', props.wide === true && 'lg:grid-cols-2')}>
        {props.entries.map((entry, index) => {
          const key = `${id}-${index}`;
          const chosen = entry.value === props.value;
          return (
            <div
              key={entry.value}
              className={cx(
                'flex items-start gap-2.5 rounded-md border px-3 py-1.5 text-[13px]',
                chosen ? 'border-accent bg-accent-soft' : 'border-line',
                entry.why !== null && !chosen && 'border-dashed',
              )}
            >
              <input
                type="radio"
                id={key}
                name={`${id}-${props.name}`}
                checked={chosen}
                // A choice made by the address stays chosen, and the plan says why it is not possible.
                disabled={entry.why !== null && !chosen}
                aria-describedby={`${key}-about`}
                onChange={() => props.onChange(entry.value)}
                className="mt-0.5 size-4 shrink-0 accent-accent"
              />
              <span className="min-w-0 flex-1">
                <label htmlFor={key} className={cx('name font-medium', entry.why !== null && 'text-muted')}>
                  {entry.label}
                </label>
                <span id={`${key}-about`} className="name block text-xs text-muted">
                  {entry.note}
                  {entry.why === null ? null : (
                    <span className="block">
                      <span className="font-medium">Not selectable:</span> {entry.why}
                    </span>
                  )}
                </span>
              </span>
            </div>
          );
        })}
      </div>
    </fieldset>
  );
}
