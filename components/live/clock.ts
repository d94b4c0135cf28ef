'use client';
import { useEffect, useState } from 'react';

const TICK_MS = 1_000;
/** A page that took so long from the server to here is slow; more than that is a browser whose clock is wrong. */
const PLAUSIBLE_LOAD_MS = 5_000;

/**
 * The server's time in the browser, ticking once a second: everything on screen ages by it, also when no data arrives any more.
 * `offsetMs` is the browser's clock minus the server's as the live stream measured it; `null` until it did.
 */
export function useServerNow(initialNowMs: number, offsetMs: number | null): number {
  const [nowMs, setNowMs] = useState(initialNowMs);
  useEffect(() => {
    const atLoadMs = Date.now() - initialNowMs;
    const assumedMs = Math.abs(atLoadMs) < PLAUSIBLE_LOAD_MS ? 0 : atLoadMs;
    const tick = () => setNowMs(Date.now() - (offsetMs ?? assumedMs));
    tick();
    const timer = setInterval(tick, TICK_MS);
    return () => clearInterval(timer);
  }, [initialNowMs, offsetMs]);
  return nowMs;
}
