import type { ReactNode } from 'react';
import { Mark } from '../status/mark.tsx';
import type { StateTone } from '../status/words.ts';

/** A whole screen that says what happened, what is known, and what to do next. */
export function StateScreen(props: { tone: StateTone; title: string; children: ReactNode; actions?: ReactNode }) {
  return (
    <main id="content" className="mx-auto flex max-w-xl flex-col items-start gap-4 px-6 py-20">
      <Mark tone={props.tone} size={26} />
      <h1 className="text-xl font-semibold">{props.title}</h1>
      <div className="space-y-3 text-[15px] text-muted">{props.children}</div>
      {props.actions === undefined ? null : <div className="mt-2 flex flex-wrap gap-3">{props.actions}</div>}
    </main>
  );
}
