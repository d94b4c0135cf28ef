'use client';
import type { OperationView } from '../../lib/domain/operation/answers.ts';
import { usePolled } from '../live/polled.ts';

const ASK_EVERY_MS = 2_000;

export interface RunningAnswer {
  serverTime: string;
  /** What of this cluster has not ended; `null` = nothing. */
  running: OperationView | null;
}

/** What is being done to a cluster now, asked every two seconds. `offsetMs`: the browser's clock minus the server's. */
export function useRunning(slug: string, initial: RunningAnswer): { running: OperationView | null; offsetMs: number | null } {
  const { answer, stream } = usePolled(`/api/operations/running/${encodeURIComponent(slug)}`, initial, ASK_EVERY_MS);
  return { running: answer.running, offsetMs: stream.clockOffsetMs };
}
