/** Limits how fast one person or token may request changes: faster than hands, slower than a loop. */
import type { Actor } from '@/lib/domain/policy/permissions.ts';
import { RequestRate } from '@/lib/domain/policy/request-rate.ts';
import { personOf } from '@/lib/queries/event-stream.ts';

export const CHANGE_RATE = { perSecond: 10, burst: 60 };

const rate = new RequestRate<string>(CHANGE_RATE);

/** Takes one request of this actor. `null` when it may pass, else the sentence that refuses it. */
export function whyTooFast(actor: Actor, nowMs: number = Date.now()): string | null {
  if (rate.take(personOf(actor), nowMs) === 0) return null;
  return `You ask for changes more often than ${CHANGE_RATE.perSecond} times a second. Nothing was done. Wait a moment, then try again.`;
}
