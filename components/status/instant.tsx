'use client';
import { useSyncExternalStore } from 'react';

const subscribe = () => () => undefined;

/** Shows a moment in the viewer's zone, with UTC on hover. The server does not know the zone: it renders UTC and says so. */
export function Instant({ at, date = true }: { at: string; date?: boolean }) {
  const text = useSyncExternalStore(
    subscribe,
    () => localText(at, date),
    () => utcText(at, date),
  );
  return (
    <time dateTime={at} title={utcText(at, true)} className="whitespace-nowrap">
      {text}
    </time>
  );
}

function localText(at: string, date: boolean): string {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return 'unknown';
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
  return moment.toLocaleString('en-GB', date ? { day: 'numeric', month: 'short', ...time } : time);
}

function utcText(at: string, date: boolean): string {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return 'unknown';
  const iso = moment.toISOString();
  return date ? `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC` : `${iso.slice(11, 19)} UTC`;
}
