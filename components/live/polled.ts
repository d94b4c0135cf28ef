'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ApiProblem, fetchJson } from './fetch-json.ts';
import type { LiveStream, StreamStatus } from './live-stream.ts';

function statusOf(error: Error | null): StreamStatus {
  if (error === null) return 'live';
  if (!(error instanceof ApiProblem)) return 'reconnecting';
  return error.status === 401 ? 'signed-out' : error.status === 503 ? 'unavailable' : 'reconnecting';
}

interface Held<T> {
  answer: T;
  /** Browser's clock minus server's; `null`: not measured yet. */
  clockOffsetMs: number | null;
}

/**
 * Polls, beginning with the answer that came with the page. The last answer stays while the server is away, and the status says so. Pauses
 * while the page is hidden; ends with the session.
 */
export function usePolled<T extends { serverTime: string }>(
  url: string,
  initial: T,
  intervalMs: number,
): { answer: T; stream: LiveStream } {
  const client = useQueryClient();
  const queryKey = ['polled', url];
  const { data, error } = useQuery<Held<T>>({
    queryKey,
    queryFn: async ({ signal }) => {
      const answer = await fetchJson<T>(url, signal);
      // The quickest answer so far tells the offset of the clocks best: the way here only ever adds to it.
      const measuredMs = Date.now() - Date.parse(answer.serverTime);
      const beforeMs = client.getQueryData<Held<T>>(queryKey)?.clockOffsetMs ?? measuredMs;
      return { answer, clockOffsetMs: Math.min(beforeMs, measuredMs) };
    },
    initialData: { answer: initial, clockOffsetMs: null },
    refetchInterval: (query) => (statusOf(query.state.error) === 'signed-out' ? false : intervalMs),
    refetchOnWindowFocus: 'always',
    staleTime: 0,
    // Asked also when the browser believes to be offline: a failed answer is what the page has to tell.
    networkMode: 'always',
    // A page that is opened again begins with what came with it.
    gcTime: 0,
  });
  return { answer: data.answer, stream: { status: statusOf(error), clockOffsetMs: data.clockOffsetMs } };
}

/** A page is as old as its older part; `null` when one of them was never there. */
export const olderOf = (a: string | null, b: string | null): string | null =>
  a === null || b === null ? null : Date.parse(a) <= Date.parse(b) ? a : b;

/** Said in place of figures that the controller has yet to compute for a cluster. */
export const NOT_COMPUTED_YET =
  'Unknown: the controller has not evaluated this cluster yet. Figures appear here within seconds of its start.';
