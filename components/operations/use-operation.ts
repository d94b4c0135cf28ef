'use client';
import { useEffect, useState } from 'react';
import type { OperationView } from '../../lib/domain/operation/answers.ts';
import { isEnded } from '../../lib/domain/operation/model.ts';
import type { LiveStream } from '../live/live-stream.ts';
import { usePolledPage } from '../live/polled-page.ts';

const ASK_EVERY_MS = 2_000;
/** An ended run changes only when somebody acknowledges it. */
const ASK_ENDED_EVERY_MS = 15_000;

export interface LiveOperation {
  view: OperationView;
  stream: LiveStream;
  ask: () => unknown;
}

/**
 * A run as it is now. Each change arrives by itself; the run is asked for every two seconds besides, so that neither a lost event nor a
 * stream that is down leaves the page behind.
 */
export function useOperation(initial: OperationView): LiveOperation {
  const [pushed, setPushed] = useState<OperationView | null>(null);
  const overAtFirst = isEnded(initial.state);
  const every = overAtFirst || (pushed !== null && isEnded(pushed.state)) ? ASK_ENDED_EVERY_MS : ASK_EVERY_MS;
  const { answer, stream, ask } = usePolledPage(`/api/operations/${initial.id}`, initial, every);
  const view = pushed !== null && pushed.serverTime > answer.serverTime ? pushed : answer;
  const over = isEnded(view.state);
  useEffect(() => {
    if (over) return;
    // The browser connects again by itself; each connection begins with the whole present run.
    const source = new EventSource(`/api/live/operations/${initial.id}`);
    source.addEventListener('operation', (event) => setPushed(JSON.parse((event as MessageEvent<string>).data) as OperationView));
    return () => source.close();
  }, [initial.id, over]);
  return { view, stream, ask };
}
