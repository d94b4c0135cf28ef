import { isYoungerThan } from '../../lib/domain/time/age.ts';
import type { ListedController } from '../../lib/domain/own-health/model.ts';

/** A controller beats every two seconds: after so long without a beat nothing is known about it. */
export const CONTROLLER_SILENT_MS = 15_000;

export function isPresent({ heartbeatAt }: Pick<ListedController, 'heartbeatAt'>, nowMs: number): boolean {
  return isYoungerThan(heartbeatAt, CONTROLLER_SILENT_MS, nowMs);
}
