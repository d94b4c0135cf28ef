'use client';
import { useQuery } from '@tanstack/react-query';
import type { LiveStream, StreamStatus } from './live-stream.ts';

const REQUEST_TIMEOUT_MS = 10_000;

class AnswerProblem extends Error {
  readonly status: number | null;
  constructor(status: number | null) {
    super(`The answer has status ${status ?? 'none'}.`);
    this.status = status;
  }
}

/**
 * An answer of the API that is asked for again and again while the page is looked at. The page brings the first one; the newer of the
 * two counts, so that what a server action renews is seen at once. After a failure the last answer stays, and `stream` says so.
 */
export function usePolledAnswer<T extends { readAt: string }>(
  url: string,
  initial: T,
  everyMs: number,
): { answer: T; stream: LiveStream; ask: () => unknown } {
  const { data, error, refetch } = useQuery<{ answer: T; clockOffsetMs: number | null }>({
    queryKey: [url],
    queryFn: async ({ signal }) => {
      const answer = await ask<T>(url, AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]));
      return { answer, clockOffsetMs: Date.now() - Date.parse(answer.readAt) };
    },
    initialData: { answer: initial, clockOffsetMs: null },
    // What the page brought may be old already, or only stand in until the first answer (readAt '').
    initialDataUpdatedAt: Date.parse(initial.readAt) || 0,
    staleTime: everyMs,
    // A session that is over does not come back by asking.
    refetchInterval: (query) => (statusOf(query.state.error) === 'signed-out' ? false : everyMs),
    refetchOnWindowFocus: true,
    refetchOnMount: true,
  });
  const answer = data.answer.readAt >= initial.readAt ? data.answer : initial;
  const status = error === null ? 'live' : statusOf(error);
  return { answer, stream: { status, clockOffsetMs: data.clockOffsetMs }, ask: refetch };
}

async function ask<T>(url: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(url, { cache: 'no-store', signal });
  if (!response.ok) throw new AnswerProblem(response.status);
  return (await response.json()) as T;
}

function statusOf(error: unknown): StreamStatus {
  if (error === null) return 'live';
  if (!(error instanceof AnswerProblem)) return 'reconnecting';
  return error.status === 401 ? 'signed-out' : error.status === 503 ? 'unavailable' : 'reconnecting';
}
