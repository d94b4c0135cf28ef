/** Defines a node's report of its server, read afresh: the evidence of most verbs. */
import { z } from 'zod';
import { Instant, LsnText, Name, Timeline, boundedText } from './primitives.ts';

/** pg_control as `pg_controldata` prints it. */
export const ControlState = z.object({
  /** Such as `in production`, `shut down`, `in archive recovery`, `shut down in recovery`. */
  state: boundedText(60),
  checkpointLsn: LsnText,
  redoLsn: LsnText,
  timeline: Timeline,
});
export type ControlState = z.infer<typeof ControlState>;

/** Part of the evidence of every verb that changes the server. */
export const NodeReport = z.object({
  at: Instant,
  running: z.boolean(),
  /** `null` = the server did not answer. */
  inRecovery: z.boolean().nullable(),
  timeline: Timeline.nullable(),
  /** Of a primary. */
  flushLsn: LsnText.nullable(),
  /** Of a standby: the greater of what was received and what was replayed. */
  receivedLsn: LsnText.nullable(),
  replayedLsn: LsnText.nullable(),
  receiving: z.boolean().nullable(),
  replayPaused: z.boolean().nullable(),
  /** The node it is configured to stream from, by name; `null` = none, or an address of no known peer. */
  upstream: Name.nullable(),
  control: ControlState.nullable(),
});
export type NodeReport = z.infer<typeof NodeReport>;

/** A timeline's history as in its `.history` file: where each ancestor ended. */
export const TimelineHistory = z.array(z.object({ timeline: Timeline, endLsn: LsnText })).max(1000);
