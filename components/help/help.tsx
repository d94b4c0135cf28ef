'use client';
import { CircleHelp } from 'lucide-react';
import type { ReactNode } from 'react';
import { HelpPopover } from '../ui/help-popover.tsx';
import { buttonStyle } from '../ui/button.tsx';
import type { HelpText } from './text.ts';

/** The question mark beside a figure: how it is measured. */
export function Help({ text, className }: { text: HelpText; className?: string }) {
  return (
    <HelpPopover label={`How is this measured: ${text.title}`} {...(className === undefined ? {} : { className })}>
      <HelpBody text={text} />
    </HelpPopover>
  );
}

/** A label with its question mark. Without a text it is the label alone. */
export function HelpedLabel({ text, children }: { text: HelpText | undefined; children: ReactNode }) {
  if (text === undefined) return children;
  return (
    <span className="inline-flex items-center gap-0.5">
      {children}
      <Help text={text} />
    </span>
  );
}

/** One button for several figures, where a question mark beside each would be in the way. */
export function HelpForAll({ texts, className }: { texts: readonly HelpText[]; className?: string }) {
  return (
    <HelpPopover
      label="How these figures are measured"
      wide
      trigger={
        <button type="button" className={buttonStyle({ kind: 'quiet', size: 'small', className })}>
          <CircleHelp size={14} aria-hidden /> How is this measured?
        </button>
      }
    >
      <div className="space-y-4">
        {texts.map((text) => (
          <HelpBody key={text.title} text={text} />
        ))}
      </div>
    </HelpPopover>
  );
}

function HelpBody({ text }: { text: HelpText }) {
  return (
    <section className="space-y-1.5 text-left font-normal whitespace-normal">
      <h3 className="font-semibold">{text.title}</h3>
      <p>{text.meaning}</p>
      <p className="text-muted">
        <span className="font-medium">Measured: </span>
        {text.measured}
      </p>
      {text.limits === undefined ? null : <p className="text-muted">{text.limits}</p>}
    </section>
  );
}
