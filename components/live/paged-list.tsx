'use client';
/** Shows a long list, newest first: its first page is asked for again and again, older ones on request. */
import { useState } from 'react';
import type { ReactNode } from 'react';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { fetchJson } from './fetch-json.ts';
import { usePolled } from './polled.ts';
import { SessionOver } from './session-over.tsx';

interface Page {
  /** Empty: not asked yet. */
  serverTime: string;
  /** `null` = there are no older ones. */
  cursor: string | null;
}

export function PagedList<P extends Page>(props: {
  label: string;
  url: string;
  initial: P;
  intervalMs: number;
  returnTo: string;
  /** Given the newest page and the older ones, in that order. */
  children: (newest: P, older: readonly P[]) => ReactNode;
}) {
  const { url } = props;
  const { answer, stream } = usePolled(url, props.initial, props.intervalMs);
  const [older, setOlder] = useState<P[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const { cursor } = older.at(-1) ?? answer;
  const more = async () => {
    const separator = url.includes('?') ? '&' : '?';
    try {
      const next = await fetchJson<P>(`${url}${separator}cursor=${encodeURIComponent(cursor ?? '')}`);
      setOlder([...older, next]);
      setProblem(null);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <>
      <SessionOver status={stream.status} returnTo={props.returnTo} />
      <div role="status" aria-label="Connection" className="empty:hidden">
        {stream.status === 'reconnecting' || stream.status === 'unavailable' ? (
          <p className="rounded-lg border border-line bg-warn-soft px-5 py-3 text-warn">
            Farshore does not answer. This is the last state received; retrying.
          </p>
        ) : null}
      </div>
      <Card role="region" aria-label={props.label}>
        {answer.serverTime === '' ? <p className="px-5 py-5 text-muted">Asking…</p> : props.children(answer, older)}
      </Card>
      {problem === null ? null : <p className="text-bad">{problem}</p>}
      {cursor === null ? null : <Button onClick={() => void more()}>Show older</Button>}
    </>
  );
}
