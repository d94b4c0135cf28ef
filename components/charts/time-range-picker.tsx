'use client';
import { CalendarClock, ChevronLeft, ChevronRight, ZoomIn, ZoomOut } from 'lucide-react';
import { useState } from 'react';
import type { FormEvent } from 'react';
import { RANGE_PRESETS, boundsOrNull, isShortest, rangeBounds, shiftRange, zoomIn, zoomOut } from '../../lib/domain/charts/time-range.ts';
import type { RangeKey, TimeRange } from '../../lib/domain/charts/time-range.ts';
import { Instant } from '../status/instant.tsx';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Popover } from '../ui/popover.tsx';
import { ToggleChoices } from '../ui/toggle-choices.tsx';
import type { TimeRangeChange } from './use-time-range.ts';

interface Props {
  range: TimeRange;
  onChange: (change: TimeRangeChange) => void;
  nowMs: number;
}

/** The period of all charts of a page: presets that follow now, and any other one that stays where it was put. */
export function TimeRangePicker({ range, onChange, nowMs }: Props) {
  const { fromMs, toMs } = rangeBounds(range, nowMs);
  return (
    <div role="group" aria-label="Time range of the charts" className="flex flex-wrap items-center gap-x-3 gap-y-2">
      <ToggleChoices<RangeKey | 'fixed'>
        label="Following now"
        value={range.kind === 'live' ? range.key : 'fixed'}
        choices={RANGE_PRESETS.map(({ key, label }) => ({ value: key, label }))}
        onChange={(key) => (key === 'fixed' ? undefined : onChange({ kind: 'live', key }))}
      />
      <div className="flex items-center gap-1">
        <Step label="Earlier" onClick={() => onChange((now) => shiftRange(now, nowMs, -1))}>
          <ChevronLeft size={16} aria-hidden />
        </Step>
        <Step label="Later" disabled={range.kind === 'live'} onClick={() => onChange((now) => shiftRange(now, nowMs, 1))}>
          <ChevronRight size={16} aria-hidden />
        </Step>
        <Step label="Zoom in" disabled={isShortest(range)} onClick={() => onChange((now) => zoomIn(now, nowMs))}>
          <ZoomIn size={16} aria-hidden />
        </Step>
        <Step label="Zoom out" onClick={() => onChange((now) => zoomOut(now, nowMs))}>
          <ZoomOut size={16} aria-hidden />
        </Step>
        <CustomRange range={range} nowMs={nowMs} onChange={onChange} />
      </div>
      <p className="min-h-5 text-[13px] text-muted">
        {range.kind === 'live' ? (
          'follows now'
        ) : (
          <>
            <Instant at={new Date(fromMs).toISOString()} /> – <Instant at={new Date(toMs).toISOString()} />, does not follow now
          </>
        )}
      </p>
    </div>
  );
}

function Step(props: { label: string; disabled?: boolean; onClick: () => void; children: React.ReactNode }) {
  return (
    <Button
      kind="secondary"
      size="square"
      className="size-8"
      aria-label={props.label}
      title={props.label}
      disabled={props.disabled ?? false}
      onClick={props.onClick}
    >
      {props.children}
    </Button>
  );
}

function CustomRange({ range, nowMs, onChange }: Props) {
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const apply = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const at = (name: string) => new Date(String(form.get(name) ?? '')).getTime();
    const bounds = boundsOrNull(at('from'), at('to'));
    if (bounds === null) return setProblem('Give two times, at least 30 s and at most 730 days apart.');
    if (bounds.fromMs > nowMs) return setProblem('The period lies in the future.');
    setProblem(null);
    setOpen(false);
    onChange({ kind: 'fixed', fromMs: bounds.fromMs, toMs: Math.min(bounds.toMs, nowMs) });
  };
  const { fromMs, toMs } = rangeBounds(range, nowMs);
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      label="Custom time range"
      trigger={
        <Button kind="secondary" size="small" aria-pressed={range.kind === 'fixed'}>
          <CalendarClock size={15} aria-hidden /> Custom
        </Button>
      }
    >
      <form onSubmit={apply} className="space-y-3" noValidate>
        <Field label="From" type="datetime-local" name="from" step={1} required defaultValue={localInput(fromMs)} />
        <Field label="To" type="datetime-local" name="to" step={1} required defaultValue={localInput(toMs)} />
        <p className="text-xs text-muted">Times in {Intl.DateTimeFormat().resolvedOptions().timeZone}.</p>
        <p role="alert" className="min-h-5 text-[13px] text-bad">
          {problem}
        </p>
        <Button kind="primary" size="small" type="submit">
          Show this period
        </Button>
      </form>
    </Popover>
  );
}

/** As `datetime-local` wants it: the viewer's wall clock, to the second. */
function localInput(atMs: number): string {
  const offsetMs = new Date(atMs).getTimezoneOffset() * 60_000;
  return new Date(atMs - offsetMs).toISOString().slice(0, 19);
}
