/** How performers wait: in small steps, until a moment, and never beyond an abort. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PerformFailed } from '../../performer.ts';

export interface Waiting {
  signal: AbortSignal;
  /** On the clock of `performance.now()`. */
  untilMs: number;
  everyMs: number;
}

/** Leaves time to say what was seen before the command itself is ended. */
const MARGIN_MS = 250;

/** When to give up waiting: after `waitMs`, or shortly before the command's deadline (counted from now), on the clock of `performance.now()`. */
export const untilWithin = ({ deadlineMs }: { deadlineMs: number }, waitMs = Number.POSITIVE_INFINITY): number =>
  performance.now() + Math.max(0, Math.min(waitMs, deadlineMs - MARGIN_MS));

/** Ended on request, not because time ran out. */
export function isCancelled(signal: AbortSignal): boolean {
  const reason: unknown = signal.reason;
  const byDeadline =
    reason instanceof PerformFailed ? reason.code === 'deadline' : reason instanceof Error && reason.name === 'TimeoutError';
  return signal.aborted && !byDeadline;
}

/** `cancelled` on request, `deadline` when time ran out. Whether it had an effect is unknown. */
export function abortedFailure(signal: AbortSignal, what: string, changed: boolean | null = null): PerformFailed {
  const reason: unknown = signal.reason;
  if (reason instanceof PerformFailed) return new PerformFailed(reason.code, `${reason.message} The agent was ${what}.`, changed);
  return isCancelled(signal)
    ? new PerformFailed('cancelled', `Ended on request while ${what}.`, changed)
    : new PerformFailed('deadline', `The deadline passed while ${what}.`, changed);
}

/** Waits `ms`, or less when the signal aborts; the caller then looks at the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/**
 * The first answer of `probe` that is not null, or null once `untilMs` has passed or the signal was aborted. The probe is asked at
 * least once. Errors of the probe go through.
 */
export async function pollUntil<T>({ signal, untilMs, everyMs }: Waiting, probe: () => Promise<T | null> | T | null): Promise<T | null> {
  for (;;) {
    const answer = await probe();
    if (answer !== null) return answer;
    if (signal.aborted || performance.now() >= untilMs) return null;
    await pause(everyMs, signal);
  }
}
