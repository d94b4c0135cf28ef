'use client';
import type { MaintenanceView, OperationView } from '../../lib/domain/operation/answers/answers.ts';
import { usePolled } from '../live/polled.ts';

const ASK_EVERY_MS = 2_000;

export interface RunningAnswer {
  serverTime: string;
  /** Operations of this cluster that have not ended. */
  running: OperationView[];
  /** Work that is announced on it or its nodes. */
  maintenance: MaintenanceView[];
}

/** Polls a cluster's running operations and announced maintenance every two seconds. `offsetMs`: the browser's clock minus the server's. */
export function useRunning(slug: string, initial: RunningAnswer): Omit<RunningAnswer, 'serverTime'> & { offsetMs: number | null } {
  const { answer, stream } = usePolled(`/api/operations/running/${encodeURIComponent(slug)}`, initial, ASK_EVERY_MS);
  return { running: answer.running, maintenance: answer.maintenance, offsetMs: stream.clockOffsetMs };
}
