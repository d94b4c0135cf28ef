/**
 * The closed list of what an agent can be told to do, each with the shape of its arguments and of the evidence it gives back.
 *
 * Arguments carry names of nodes, slots and poolers, never addresses, paths, passwords or command lines: where a peer is found and
 * with which certificate stands in the agent's own configuration, so that a controller in wrong hands can't redirect a stream of WAL.
 * Every verb may be repeated: done twice, it finds its work done and says so.
 */
import { z } from 'zod';
import { Count, Instant, LsnText, Name, boundedText } from './primitives.ts';

/** A name as PostgreSQL allows it for a replication slot. */
export const SlotName = z.string().regex(/^[a-z0-9_]{1,63}$/, 'not a slot name');
export const Timeline = z.number().int().positive();

/** `synchronous_standby_names` in parts; `null` = empty. */
export const SynchronousStandbys = z
  .object({ method: z.enum(['ANY', 'FIRST']), required: z.number().int().min(1).max(16), standbys: z.array(Name).min(1).max(16) })
  .nullable();
export type SynchronousStandbys = z.infer<typeof SynchronousStandbys>;

const nothing = z.strictObject({});
const upstream = { upstream: Name, slot: SlotName.nullable() };

/** That one agent can move. */
export const POOLERS_MAX = 8;

/** What each verb is given. Strict: a key that is not known is refused, not ignored. */
export const VERB_ARGS = {
  /** Reads only: what this node is at this moment. */
  report: nothing,
  /** Takes note of term and holder. A holder's agent claims its leadership; any other agent's node is not the primary under this term. */
  'note-term': z.strictObject({ holder: Name, timeline: Timeline.nullable() }),
  /**
   * CHECKPOINT, so that a shutdown or a rewind has little to wait for. `fillSegment`: on a primary that archives, also fills the present WAL segment. A shutdown switches the segment and sends the rest of
   * it to the standbys as padding, while clients wait; a segment that is nearly full leaves little to send.
   */
  checkpoint: z.strictObject({ fillSegment: z.boolean().optional() }),
  /** Makes the physical slots that are missing, moves those that lag to the given position, never backwards. */
  'prepare-slots': z.strictObject({ slots: z.array(z.strictObject({ name: SlotName, lsn: LsnText.nullable() })).max(32) }),
  'set-synchronous': z.strictObject({ synchronous: SynchronousStandbys }),
  /**
   * Leaves a streaming standby without restore_command until it is put back by `held: false`, or by its agent after ten minutes: its
   * startup process would run it several times while clients wait. Not held where the archive can't be asked which timelines it holds.
   */
  'hold-archive-restore': z.strictObject({ held: z.boolean() }),
  /** Fast shutdown of the primary; answers once pg_control says "shut down". Walsenders of others are ended after `drainMs`. */
  'stop-primary': z.strictObject({ keepStreaming: z.array(Name).max(16), drainMs: Count }),
  /** Waits until WAL past this position was received: before the term changes hands, while the old primary can still be started again. */
  /** `past: null`: until the upstream of this standby has ended its stream, as it does when it was shut down. */
  'await-wal': z.strictObject({ past: LsnText.nullable(), waitMs: Count }),
  /** Starts a stopped primary again as primary, which only its holder's agent does. */
  'start-primary': nothing,
  /**
   * Waits until WAL past `receivedPast` is here (`null` = promote with what is here), then promotes, and lets clients of the `resume` poolers go
   * on where they point at this node already. A pooler that does not is left to its own step.
   */
  promote: z.strictObject({
    timeline: Timeline,
    receivedPast: LsnText.nullable(),
    waitMs: Count,
    resume: z.array(Name).max(POOLERS_MAX).optional(),
  }),
  /** Promises not to follow an older term: stops receiving, durably, then tells what was received. */
  promise: nothing,
  /**
   * Streams from this node from now on, without a restart. `untilStreaming: false`: it is told, and not waited for, because that node may
   * be down; otherwise (left out) it is done when it streams.
   */
  follow: z.strictObject({ ...upstream, untilStreaming: z.boolean().optional() }),
  /** Starts a stopped server as standby. Refused when the data directory is marked as unusable. */
  'start-standby': z.strictObject(upstream),
  /** Stops the server at once (immediate, then by force) and keeps it from being primary under any lower term. */
  fence: nothing,
  /** Copies and summarises the WAL after `forkLsn`, and exports the rows that only this node has (the loss ledger). */
  'keep-diverged': z.strictObject({ timeline: Timeline, forkLsn: LsnText, rowsMax: Count }),
  /** pg_rewind from the named source. Marks the directory as unusable until it is done. */
  rewind: z.strictObject({ source: Name }),
  /** pgBackRest delta restore as standby. */
  restore: nothing,
  /** pg_basebackup. `replace: false` wants an empty directory. */
  clone: z.strictObject({ source: Name, slot: SlotName.nullable(), replace: z.boolean(), bytesPerSecondMax: Count.nullable() }),
  'pooler-pause': z.strictObject({ pooler: Name, waitMs: Count }),
  'pooler-resume': z.strictObject({ pooler: Name }),
  /** Points a paused pooler at a node, and leaves it paused: clients go on only with `pooler-switch`. Refused while it is not paused. */
  'pooler-point': z.strictObject({ pooler: Name, primary: Name }),
  /**
   * Points the pooler at a node, where it does not yet, and lets waiting clients go on. `pointed`: it was pointed there while it was paused, so
   * that it holds no connection to the old primary.
   */
  'pooler-switch': z.strictObject({ pooler: Name, primary: Name, pointed: z.boolean().optional() }),
  'drop-slot': z.strictObject({ slot: SlotName }),
  restart: nothing,
  reload: nothing,
  /** Switches WAL and waits until the history file and the first segment of the timeline are in the archive. */
  'verify-archive': z.strictObject({ timeline: Timeline, waitMs: Count }),
  /** `pgbackrest check`: a backup from this node would work. */
  'check-backup': nothing,
  /** Ends another command under way (a base backup, a restore), and leaves what its worst end state says. */
  cancel: z.strictObject({ command: z.uuid() }),
} as const satisfies Record<string, z.ZodType>;

export type Verb = keyof typeof VERB_ARGS;
export const VERBS = Object.keys(VERB_ARGS) as Verb[];
export type VerbArgs<V extends Verb> = z.infer<(typeof VERB_ARGS)[V]>;

/** pg_control as `pg_controldata` prints it. */
export const ControlState = z.object({
  /** Such as `in production`, `shut down`, `in archive recovery`, `shut down in recovery`. */
  state: boundedText(60),
  checkpointLsn: LsnText,
  redoLsn: LsnText,
  timeline: Timeline,
});
export type ControlState = z.infer<typeof ControlState>;

/** What a node is, read afresh. Part of the evidence of every verb that changes the server. */
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

export const LossRelation = z.object({
  database: boundedText(128),
  relation: boundedText(300),
  inserts: Count,
  updates: Count,
  deletes: Count,
});
/** One row that only the old primary has, as it can still be read there. */
export const LostRow = z.object({
  database: boundedText(128),
  relation: boundedText(300),
  change: z.enum(['inserted', 'updated', 'deleted']),
  transaction: boundedText(20),
  /** The row as JSON text; `null` when it can't be read any more (a deleted row). */
  row: boundedText(20_000).nullable(),
});
export const LossLedger = z.object({
  node: Name,
  timeline: Timeline,
  fromLsn: LsnText,
  toLsn: LsnText,
  bytes: Count,
  /** Committed on this node after the fork; aborted ones are not counted. */
  transactions: Count,
  firstCommitAt: Instant.nullable(),
  lastCommitAt: Instant.nullable(),
  relations: z.array(LossRelation).max(500),
  /** `null` = the rows could not be read; `rowsMessage` says why. */
  rows: z.array(LostRow).max(5000).nullable(),
  /** Rows that exist beyond those listed. `null` = unknown. */
  rowsLeftOut: Count.nullable(),
  rowsMessage: boundedText(500).nullable(),
  /** Where the copied WAL and the whole list lie on the node. */
  keptIn: boundedText(1024),
});
export type LossLedger = z.infer<typeof LossLedger>;

/** What each verb proves it did. */
export const VERB_EVIDENCE = {
  report: z.object({ report: NodeReport, history: TimelineHistory.nullable(), pooler: z.string().nullable().optional() }),
  'note-term': z.object({ holdsLeadership: z.boolean(), stopped: z.boolean() }),
  checkpoint: z.object({ tookMs: z.number(), redoLsn: LsnText.nullable(), filledTo: LsnText.nullable().optional() }),
  'prepare-slots': z.object({ slots: z.array(z.object({ name: SlotName, restartLsn: LsnText.nullable() })) }),
  'set-synchronous': z.object({ value: boundedText(1024) }),
  /** `reason`: why nothing is held, although that was asked for. */
  'hold-archive-restore': z.object({ held: z.boolean(), reason: boundedText(500).nullable() }),
  /** `shutDownMs`: from the signal until pg_control said "shut down". */
  'stop-primary': z.object({ control: ControlState, shutDownMs: z.number(), endedSenders: z.array(Name) }),
  'await-wal': z.object({ receivedLsn: LsnText, waitedMs: z.number() }),
  'start-primary': z.object({ report: NodeReport }),
  promote: z.object({
    report: NodeReport,
    /** Where the new timeline begins. */
    switchLsn: LsnText.nullable(),
    waitedForWalMs: z.number(),
    promoteMs: z.number(),
    nudges: Count,
    /** Poolers whose clients went on at once. */
    resumed: z.array(Name).max(POOLERS_MAX).optional(),
  }),
  promise: z.object({ report: NodeReport, history: TimelineHistory }),
  follow: z.object({ report: NodeReport }),
  'start-standby': z.object({ report: NodeReport, startMs: z.number() }),
  fence: z.object({ wasRunning: z.boolean(), forced: z.boolean(), stopMs: z.number(), control: ControlState.nullable() }),
  'keep-diverged': z.object({ ledger: LossLedger }),
  rewind: z.object({ tookMs: z.number(), needed: z.boolean(), output: boundedText(4000) }),
  restore: z.object({ tookMs: z.number(), output: boundedText(4000) }),
  clone: z.object({ tookMs: z.number(), bytes: Count }),
  'pooler-pause': z.object({ pausedMs: z.number() }),
  'pooler-resume': z.object({ resumedMs: z.number() }),
  'pooler-point': z.object({ pointedMs: z.number(), primary: Name }),
  /** `clientsWaiting`: those in line when the pooler had logged in, or was no longer waited for; `null` = it did not tell. */
  'pooler-switch': z.object({ switchedMs: z.number(), primary: Name, clientsWaiting: Count.nullable().optional() }),
  'drop-slot': z.object({ existed: z.boolean() }),
  restart: z.object({ report: NodeReport, tookMs: z.number() }),
  reload: z.object({ pendingRestart: z.array(Name).max(128) }),
  'verify-archive': z.object({ history: z.boolean(), firstSegment: boundedText(24).nullable(), waitedMs: z.number() }),
  'check-backup': z.object({ output: boundedText(4000) }),
  cancel: z.object({ cancelled: z.boolean() }),
} as const satisfies Record<Verb, z.ZodType>;
export type VerbEvidence<V extends Verb> = z.infer<(typeof VERB_EVIDENCE)[V]>;

/** Changes nothing, and is told nothing that could grow old: in no order with other commands. */
export const looksOnly = (verb: string): boolean => verb === 'report' || verb === 'await-wal';
