'use client';
import { useEffect } from 'react';
import type { OperationView } from '../../lib/domain/operation/answers/answers.ts';
import { isEnded } from '../../lib/domain/operation/model.ts';
import type { LiveStream } from '../live/live-stream.ts';
import { usePolledPage } from '../live/polled-page.ts';

/** The answer does not change its rhythm when the run ends: the page then shows who has read the result, and when. */
const ASK_EVERY_MS = 2_000;
/** Events of one moment are asked about once. */
const GATHER_MS = 60;
/** As the stream names them; see docs/api. */
const EVENTS = ['snapshot', 'event', 'operation', 'end'] as const;

export interface LiveOperation {
  view: OperationView;
  stream: LiveStream;
  ask: () => unknown;
}

/**
 * A run as it is now. Events tell at once that something happened, and the whole run is asked for then; it is asked for every two seconds
 * besides, so that neither a lost event nor a stream that is down leaves the page behind.
 */
export function useOperation(initial: OperationView): LiveOperation {
  const { answer, stream, ask } = usePolledPage(`/api/operations/${initial.id}`, initial, ASK_EVERY_MS);
  const over = isEnded(answer.state);
  useEffect(() => {
    if (over) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void ask();
      }, GATHER_MS);
    };
    // The browser reconnects automatically, and says where it had come to.
    const source = new EventSource(`/api/v1/operations/${initial.id}/events`);
    for (const name of EVENTS) source.addEventListener(name, heard);
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [initial.id, over, ask]);
  return { view: answer, stream, ask };
}
