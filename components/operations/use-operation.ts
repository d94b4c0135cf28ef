'use client';
import { useEffect } from 'react';
import type { OperationView } from '../../lib/domain/operation/answers.ts';
import { isEnded } from '../../lib/domain/operation/model.ts';
import type { LiveStream } from '../live/live-stream.ts';
import { usePolledPage } from '../live/polled-page.ts';

const ASK_EVERY_MS = 2_000;
/** An ended run changes only when somebody acknowledges it. */
const ASK_ENDED_EVERY_MS = 15_000;
/** Events of one moment are asked about once. */
const GATHER_MS = 80;

export interface LiveOperation {
  view: OperationView;
  stream: LiveStream;
  ask: () => unknown;
}

/**
 * A run as it is now. Events tell at once that something happened; the whole run is asked for then, and every two seconds besides, so that
 * neither a lost event nor a stream that is down leaves the page behind.
 */
export function useOperation(initial: OperationView): LiveOperation {
  const ended = isEnded(initial.state);
  const { answer, stream, ask } = usePolledPage(`/api/operations/${initial.id}`, initial, ended ? ASK_ENDED_EVERY_MS : ASK_EVERY_MS);
  const over = isEnded(answer.state);
  useEffect(() => {
    if (over) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    // The browser connects again by itself, and tells where it had come to.
    const source = new EventSource(`/api/v1/operations/${initial.id}/events`);
    const heard = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void ask();
      }, GATHER_MS);
    };
    for (const name of ['message', 'operation', 'snapshot', 'event']) source.addEventListener(name, heard);
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [initial.id, over, ask]);
  return { view: answer, stream, ask };
}
