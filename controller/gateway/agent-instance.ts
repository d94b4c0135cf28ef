/**
 * Telling a restarted agent from a second holder of the same identity. Each start of an agent makes a new instance id. A new
 * id takes over from the one before; that is an ordinary restart as long as the old one never speaks again. When it does,
 * two processes hold the key.
 */

export interface InstanceRecord {
  instanceId: string | null;
  supersededInstance: string | null;
}

/** By which message (its `sentAt`, agent's clock) this process saw an instance take over; `null` = before this process ran. */
export interface Takeover {
  sentAtMs: number;
  /** When the message arrived, on the controller's clock. */
  receivedAtMs: number;
}

/** A request of the replaced process can be on its way no longer than this; two hosts' clocks can differ by far more. */
export const LATE_MESSAGE_WINDOW_MS = 10_000;

export type InstanceVerdict =
  | { kind: 'current' }
  /** First message of a new instance: record it, the present one becomes the superseded one. */
  | { kind: 'takes-over' }
  /** A message that the old process wrote before it was replaced and that was delayed on its way: refuse it, do not lock. */
  | { kind: 'late' }
  | { kind: 'second-holder' };

/** Judges the sender of one message that arrived at `nowMs`. `sentAtMs` is the agent's own clock when it wrote the message. */
export function judgeInstance(
  record: InstanceRecord,
  instanceId: string,
  sentAtMs: number,
  takeover: Takeover | null,
  nowMs: number,
): InstanceVerdict {
  if (record.instanceId === instanceId) return { kind: 'current' };
  if (record.supersededInstance !== instanceId) return { kind: 'takes-over' };
  if (takeover !== null && sentAtMs <= takeover.sentAtMs && nowMs - takeover.receivedAtMs < LATE_MESSAGE_WINDOW_MS) return { kind: 'late' };
  return { kind: 'second-holder' };
}
