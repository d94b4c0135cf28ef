'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { LiveStream } from './live-stream.ts';
import { usePolled } from './polled.ts';

/** A poll or two may be late before what was answered counts as old. */
const LATE_POLLS = 2;
const LATE_MORE_MS = 2_000;

/**
 * A polled answer on a page that also changes things: what a server action renews arrives with the page and counts when it is newer,
 * and `ask` asks at once.
 */
export function usePolledPage<T extends { serverTime: string }>(
  url: string,
  initial: T,
  intervalMs: number,
): { answer: T; stream: LiveStream; ask: () => unknown; asOf: (nowMs: number) => number } {
  const { answer: polled, stream } = usePolled(url, initial, intervalMs);
  const client = useQueryClient();
  const ask = useCallback(() => client.invalidateQueries({ queryKey: ['polled', url] }), [client, url]);
  const answer = polled.serverTime >= initial.serverTime ? polled : initial;
  const answeredMs = Date.parse(answer.serverTime);
  /** The moment that ages on the page are judged at: that of the answer, until the answer itself is overdue. */
  const asOf = (nowMs: number) => (nowMs - answeredMs <= LATE_POLLS * intervalMs + LATE_MORE_MS ? answeredMs : nowMs);
  return { answer, stream, ask, asOf };
}
