'use client';
import { useEffect, useState } from 'react';

const TICK_MS = 100;

/** The server's time in tenths of a second while `runs`: for a stopwatch. `offsetMs` is the browser's clock minus the server's. */
export function useFineClock(runs: boolean, coarseNowMs: number, offsetMs: number | null): number {
  const [fineMs, setFineMs] = useState<number | null>(null);
  useEffect(() => {
    if (!runs) return;
    const timer = setInterval(() => setFineMs(Date.now() - (offsetMs ?? 0)), TICK_MS);
    return () => {
      clearInterval(timer);
      setFineMs(null);
    };
  }, [runs, offsetMs]);
  return runs ? (fineMs ?? coarseNowMs) : coarseNowMs;
}
