/** Waits for conditions with a deadline. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWait, isWaitOver, patient } from '../setup/patience.ts';

const POLL_INTERVAL_MS = 40;

/**
 * Polls `probe` until it gives something other than `null`, `undefined` or `false`. @param deadlineMs on an idle, ordinary machine; a
 * slower one has longer. @param what completes "Waited N s for …".
 */
export async function waitFor<T>(
  what: string,
  deadlineMs: number,
  probe: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  pollIntervalMs = POLL_INTERVAL_MS,
): Promise<T> {
  const startedAt = performance.now();
  for (;;) {
    const answer = await probe();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (await isWaitOver(startedAt, deadlineMs)) throw new Error(`Waited ${describeWait(deadlineMs)} for ${what}, without success.`);
    await sleep(pollIntervalMs);
  }
}

/** @throws when `promise` does not settle in time; what it was doing continues unwatched. */
export async function within<T>(what: string, deadlineMs: number, promise: Promise<T>): Promise<T> {
  const cancel = new AbortController();
  const late = sleep(patient(deadlineMs), undefined, { signal: cancel.signal }).then(
    () => Promise.reject(new Error(`Waited ${describeWait(deadlineMs)} for ${what}, without success.`)),
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    cancel.abort();
  }
}
