'use client';
import type { MaintenanceView, OperationView } from '../../lib/domain/operation/answers/answers.ts';
import { usePolled } from '../live/polled.ts';

const ASK_EVERY_MS = 2_000;

export interface RunningAnswer {
  serverTime: string;
  /** What of this cluster has not ended. */
  running: OperationView[];
  /** Work that is announced on it or its nodes. */
  maintenance: MaintenanceView[];
}

/** What is being done to a cluster now, and what is announced, asked every two seconds. `offsetMs`: the browser's clock minus the server's. */
export function useRunning(slug: string, initial: RunningAnswer): Omit<RunningAnswer, 'serverTime'> & { offsetMs: number | null } {
  const { answer, stream } = usePolled(`/api/operations/running/${encodeURIComponent(slug)}`, initial, ASK_EVERY_MS);
  return { running: answer.running, maintenance: answer.maintenance, offsetMs: stream.clockOffsetMs };
}
