/** How performers wait: in small steps, until a moment, and never beyond an abort. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PerformFailed } from '../performer.ts';

export interface Waiting {
  signal: AbortSignal;
  /** On the clock of `performance.now()`. */
  untilMs: number;
  everyMs: number;
}

/** What was aborted and why: `cancelled` when somebody asked for it, `deadline` when time ran out. Unknown whether it had an effect. */
export function abortedFailure(signal: AbortSignal, what: string, changed: boolean | null = null): PerformFailed {
  const reason: unknown = signal.reason;
  if (reason instanceof PerformFailed) return new PerformFailed(reason.code, `${reason.message} It was ${what}.`, changed);
  const byDeadline = reason instanceof Error && reason.name === 'TimeoutError';
  return byDeadline
    ? new PerformFailed('deadline', `The deadline passed while ${what}.`, changed)
    : new PerformFailed('cancelled', `Ended on request while ${what}.`, changed);
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
