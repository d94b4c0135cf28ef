import type { ReactNode } from 'react';
import type { ScreenName } from '../../lib/domain/screens/registry.ts';
import { screenOf } from '../../lib/domain/screens/screens.ts';
import { HelpedLabel } from '../help/help.tsx';
import type { HelpText } from '../help/text.ts';
import { Card } from '../ui/card.tsx';
import { cx } from '../ui/class-names.ts';

/** A titled part of a settings page, with what can be done in its corner. */
export function Section(props: { title: ReactNode; about?: ReactNode; action?: ReactNode; label?: string; children: ReactNode }) {
  return (
    <Card aria-label={props.label ?? (typeof props.title === 'string' ? props.title : undefined)} role="region">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-2 border-b border-line px-5 py-3">
        <div className="min-w-0 flex-1 basis-64">
          <h2 className="name font-semibold">{props.title}</h2>
          {props.about === undefined ? null : <p className="mt-0.5 max-w-3xl text-[13px] text-muted">{props.about}</p>}
        </div>
        {props.action}
      </div>
      {props.children}
    </Card>
  );
}

export function SettingsTitle({ screen }: { screen: ScreenName }) {
  return <h1 className="text-xl font-semibold tracking-tight">{screenOf(screen).title}</h1>;
}

/** Instead of what the viewer may not see: the reason. */
export function NotShown({ screen, why }: { screen: ScreenName; why: string }) {
  return (
    <Section title={screenOf(screen).access.otherwise}>
      <p className="px-5 py-4 text-muted">{why}</p>
    </Section>
  );
}

export function Facts({ className, children }: { className?: string; children: ReactNode }) {
  return <dl className={cx('grid gap-x-8 gap-y-3 px-5 py-4 text-[13px] sm:grid-cols-2 xl:grid-cols-3', className)}>{children}</dl>;
}

export function Fact({ label, help, children }: { label: string; help?: HelpText; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">
        <HelpedLabel text={help}>{label}</HelpedLabel>
      </dt>
      <dd className="name mt-0.5 font-medium">{children}</dd>
    </div>
  );
}
