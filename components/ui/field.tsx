import { useId } from 'react';
import type { ComponentProps } from 'react';

/** A labelled input. */
export function Field({ label, ...input }: ComponentProps<'input'> & { label: string }) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-[13px] font-medium">
        {label}
      </label>
      <input id={id} className="h-10 w-full rounded-md border border-line-strong bg-surface px-3 text-[15px] text-text" {...input} />
    </div>
  );
}
