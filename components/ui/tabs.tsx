'use client';
import { Tabs as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

/** A row of views to choose from; the panels are `TabPanel`s inside. */
export function Tabs(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  tabs: readonly { value: string; label: ReactNode }[];
  /** Stands beside the row of tabs. */
  aside?: ReactNode;
  children: ReactNode;
}) {
  return (
    <Radix.Root value={props.value} onValueChange={props.onChange}>
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b border-line px-4 py-2">
        <Radix.List aria-label={props.label} className="inline-flex rounded-md border border-line bg-raised p-0.5">
          {props.tabs.map((tab) => (
            <Radix.Trigger
              key={tab.value}
              value={tab.value}
              className="inline-flex h-7 items-center gap-1.5 rounded px-2.5 text-[13px] font-medium text-muted data-[state=active]:bg-surface data-[state=active]:text-text data-[state=active]:shadow-low"
            >
              {tab.label}
            </Radix.Trigger>
          ))}
        </Radix.List>
        {props.aside}
      </div>
      {props.children}
    </Radix.Root>
  );
}

export function TabPanel({ value, children }: { value: string; children: ReactNode }) {
  return (
    <Radix.Content value={value} tabIndex={-1} className="outline-none">
      {children}
    </Radix.Content>
  );
}
