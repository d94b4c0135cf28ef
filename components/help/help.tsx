'use client';
import { CircleHelp } from 'lucide-react';
import { HelpPopover } from '../ui/help-popover.tsx';
import { buttonStyle } from '../ui/button.tsx';
import { HELP_TEXTS } from './texts.ts';
import type { HelpText, HelpTopic } from './texts.ts';

/** The question mark beside a figure: how it is measured. */
export function Help({ topic, className }: { topic: HelpTopic; className?: string }) {
  const text: HelpText = HELP_TEXTS[topic];
  return (
    <HelpPopover label={`How is this measured: ${text.title}`} {...(className === undefined ? {} : { className })}>
      <HelpBody text={text} />
    </HelpPopover>
  );
}

/** One button for several figures, where a question mark beside each would be in the way. */
export function HelpForAll({ topics }: { topics: readonly HelpTopic[] }) {
  return (
    <HelpPopover
      label="How these figures are measured"
      wide
      trigger={
        <button type="button" className={buttonStyle({ kind: 'quiet', size: 'small' })}>
          <CircleHelp size={14} aria-hidden /> How is this measured?
        </button>
      }
    >
      <div className="space-y-4">
        {topics.map((topic) => (
          <HelpBody key={topic} text={HELP_TEXTS[topic]} />
        ))}
      </div>
    </HelpPopover>
  );
}

function HelpBody({ text }: { text: HelpText }) {
  return (
    <section className="space-y-1.5">
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
