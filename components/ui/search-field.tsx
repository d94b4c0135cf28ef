'use client';
import { Search } from 'lucide-react';

const CHARACTERS_MAX = 200;

/** A field to filter a list with. `label` names it for screen readers. */
export function SearchField(props: { label: string; placeholder: string; value: string; onChange: (value: string) => void }) {
  return (
    <label className="relative block min-w-0 flex-1 basis-64 sm:max-w-96">
      <span className="sr-only">{props.label}</span>
      <Search size={14} aria-hidden className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-muted" />
      <input
        type="search"
        value={props.value}
        placeholder={props.placeholder}
        maxLength={CHARACTERS_MAX}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => props.onChange(event.target.value)}
        className="h-9 w-full rounded-md border border-line-strong bg-surface pr-2 pl-8 text-[13px] text-text"
      />
    </label>
  );
}
