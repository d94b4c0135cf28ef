'use client';
import { useSearchParams } from 'next/navigation';
import { useCallback, useMemo } from 'react';
import { parseTimeRange, rangeSearch } from '../../lib/domain/charts/time-range.ts';
import type { TimeRange } from '../../lib/domain/charts/time-range.ts';

const PARAMETERS = ['range', 'from', 'to'] as const;

/** A function is given what the address says now: a second press may come before the first one is drawn. */
export type TimeRangeChange = TimeRange | ((now: TimeRange) => TimeRange);

/** The period that every chart of the page shows. It stands in the address, so that it can be sent on, and “back” undoes a zoom. */
export function useTimeRange(): { range: TimeRange; setRange: (next: TimeRangeChange) => void } {
  const query = useSearchParams();
  const [range, from, to] = PARAMETERS.map((name) => query.get(name));
  const parsed = useMemo(() => parseTimeRange({ range: range ?? null, from: from ?? null, to: to ?? null }), [range, from, to]);
  const setRange = useCallback((change: TimeRangeChange) => {
    const url = new URL(window.location.href);
    const [rangeNow, fromNow, toNow] = PARAMETERS.map((name) => url.searchParams.get(name));
    const next =
      typeof change === 'function' ? change(parseTimeRange({ range: rangeNow ?? null, from: fromNow ?? null, to: toNow ?? null })) : change;
    for (const name of PARAMETERS) url.searchParams.delete(name);
    for (const [name, value] of new URLSearchParams(rangeSearch(next))) url.searchParams.set(name, value);
    window.history.pushState(null, '', url);
  }, []);
  return { range: parsed, setRange };
}
