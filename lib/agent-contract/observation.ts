/**
 * Defines what an agent sees of its node in one tick, about once a second. A fact that could not be read is `null`, never zero and never
 * left out. Everything that needs a PostgreSQL connection is under `postgres`, which is `null` as a whole when the server did not answer.
 */
import { z } from 'zod';
import { Authority } from './commands.ts';
import { PeerConnections } from './peer-connection.ts';
import { Count, Instant, Name, SignedCount, boundedText } from './primitives.ts';
import { SalvagedLsn, openWord, salvageList } from './salvage.ts';

/** Rows of `pg_stat_replication` and `pg_replication_slots` in one sample; how many more there are is said beside them. */
export const DOWNSTREAMS_MAX = 64;
export const SLOTS_MAX = 256;

/**
 * `starting`/`stopping`: refused with SQLSTATE 57P03, or by `postmaster.pid`; `refusing`: alive, but refused this agent; `not-responding`:
 * a postmaster that did not answer in time; `stopped`: no postmaster.
 */
export const ServerState = z.enum(['accepting', 'starting', 'stopping', 'refusing', 'not-responding', 'stopped']);
export type ServerState = z.infer<typeof ServerState>;

/** The commit probe of a primary: writes the heartbeat over a connection a few seconds old at most, and waits 2 s at most. */
export const WriteProbe = z.object({
  ok: z.boolean(),
  /** Write and commit, as a client would feel it; connecting is not in it. `null` when it did not finish. */
  commitMs: z.number().nonnegative().nullable(),
  /** Why it failed, in a sentence; `null` when it did not. */
  reason: boundedText(500).nullable(),
});
export type WriteProbe = z.infer<typeof WriteProbe>;

/** One row of `pg_stat_replication` joined to `pg_stat_ssl`: a standby (or other receiver) that streams from this node. */
export const Downstream = z.object({
  applicationName: Name,
  clientAddress: boundedText(64).nullable(),
  user: Name,
  state: openWord(['startup', 'catchup', 'streaming', 'backup', 'stopping']),
  syncState: openWord(['async', 'potential', 'sync', 'quorum']),
  sentLsn: SalvagedLsn,
  writeLsn: SalvagedLsn,
  flushLsn: SalvagedLsn,
  replayLsn: SalvagedLsn,
  writeLagMs: z.number().nonnegative().nullable(),
  flushLagMs: z.number().nonnegative().nullable(),
  replayLagMs: z.number().nonnegative().nullable(),
  replyAt: Instant.nullable(),
  /** `null`: the connection is not encrypted. `cipher` and `bits` as OpenSSL names them. */
  tls: z.object({ version: boundedText(20), cipher: boundedText(80), bits: Count }).nullable(),
});
export type Downstream = z.infer<typeof Downstream>;

/** `pg_stat_wal_receiver`: how this standby is fed. A standby without a row has no walreceiver at all. */
export const WalReceiver = z.object({
  status: boundedText(20),
  senderHost: boundedText(255).nullable(),
  senderPort: Count.nullable(),
  slotName: Name.nullable(),
  writtenLsn: SalvagedLsn,
  flushedLsn: SalvagedLsn,
  receivedTimeline: Count.nullable(),
  lastMessageSentAt: Instant.nullable(),
  lastMessageReceivedAt: Instant.nullable(),
  latestEndLsn: SalvagedLsn,
});
export type WalReceiver = z.infer<typeof WalReceiver>;

/** Where `primary_conninfo` points, without user, password or options. */
export const ConfiguredUpstream = z.object({
  host: boundedText(255).nullable(),
  port: Count.nullable(),
  applicationName: Name.nullable(),
  slotName: Name.nullable(),
});
export type ConfiguredUpstream = z.infer<typeof ConfiguredUpstream>;

export const ReplicationSlot = z.object({
  name: Name,
  type: openWord(['physical', 'logical']),
  active: z.boolean(),
  temporary: z.boolean(),
  walStatus: openWord(['reserved', 'extended', 'unreserved', 'lost']).nullable(),
  restartLsn: SalvagedLsn,
  /** Current WAL position minus `restart_lsn`. */
  retainedBytes: Count.nullable(),
  /** Bytes that can still be written before the slot may be lost; `null` when retention has no limit. May be negative. */
  safeWalBytes: SignedCount.nullable(),
  xminAge: Count.nullable(),
  catalogXminAge: Count.nullable(),
  /** Since when the agent (or, from PostgreSQL 17, the server) has seen it without a consumer; `null` while active. */
  inactiveSince: Instant.nullable(),
});
export type ReplicationSlot = z.infer<typeof ReplicationSlot>;

/** `pg_stat_archiver` as it stands, with the backlog counted in `archive_status`. */
export const Archiver = z.object({
  mode: openWord(['off', 'on', 'always']),
  archivedCount: Count,
  failedCount: Count,
  lastArchivedWal: boundedText(80).nullable(),
  lastArchivedAt: Instant.nullable(),
  lastFailedWal: boundedText(80).nullable(),
  lastFailedAt: Instant.nullable(),
  /** Segments that wait (`.ready`), and the age of the oldest of them. `null`: the directory could not be read. */
  readyCount: Count.nullable(),
  oldestReadyAgeMs: Count.nullable(),
});
export type Archiver = z.infer<typeof Archiver>;

export const Volume = z.object({
  purpose: z.enum(['data', 'wal']),
  mountPoint: boundedText(1024),
  sizeBytes: Count,
  /** Free for an unprivileged process (`statvfs` f_bavail). */
  freeBytes: Count,
});
export type Volume = z.infer<typeof Volume>;

export const TABLESPACE_VOLUMES_MAX = 16;
/** Volumes that hold tablespaces and neither the data directory nor WAL. */
export const TablespaceVolumes = z.object({
  volumes: z.array(Volume.omit({ purpose: true })).max(TABLESPACE_VOLUMES_MAX),
  /** Tablespaces and volumes beside these: beyond the most that are looked at, or not to be read. */
  more: Count,
});
export type TablespaceVolumes = z.infer<typeof TablespaceVolumes>;

/** Missing from a list although the server has it. Both zero: the list is whole. */
const ListLosses = z.object({
  /** Beyond the most that a sample carries. */
  more: Count,
  /** Rows that could not be understood. */
  dropped: Count,
});
export type ListLosses = z.infer<typeof ListLosses>;

const PostgresFields = z.object({
  systemIdentifier: z.string().regex(/^\d{1,20}$/),
  serverVersionNumber: Count,
  startedAt: Instant,
  inRecovery: z.boolean(),
  /** The timeline now written (primary) or received/replayed (standby). */
  timeline: Count,
  /** Only on a node out of recovery. */
  writeProbe: WriteProbe.nullable(),
  /** Insert and flush exist on a primary, receive and replay on a standby. */
  insertLsn: SalvagedLsn,
  flushLsn: SalvagedLsn,
  receiveLsn: SalvagedLsn,
  replayLsn: SalvagedLsn,
  lastReplayedTransactionAt: Instant.nullable(),
  replayPaused: z.boolean().nullable(),
  synchronousStandbyNames: boundedText(1024),
  downstreams: z.array(z.custom<Downstream>()),
  /** Absent from an agent that cut its lists without a word. */
  downstreamLosses: ListLosses.optional(),
  walReceiver: WalReceiver.nullable(),
  configuredUpstream: ConfiguredUpstream.nullable(),
  slots: z.array(z.custom<ReplicationSlot>()),
  slotLosses: ListLosses.optional(),
  archiver: Archiver,
  walDirectoryBytes: Count.nullable(),
  /** WAL written (primary) or received (standby) since the previous tick, per second. `null` on the first tick. */
  walBytesPerSecond: z.number().nonnegative().nullable(),
  checkpoints: z.object({ timed: Count, requested: Count, lastCheckpointAt: Instant.nullable() }),
  connections: z.object({ used: Count, limit: Count }),
  /** Sum over databases of queries cancelled because of recovery conflicts; standbys only. */
  conflictsCancelled: Count.nullable(),
});
/** The two lists are read row by row before the rest is; what that costs is added to what the agent said is missing. */
export const PostgresObservation = z.preprocess((value) => {
  if (typeof value !== 'object' || value === null) return value;
  const given = value as Record<string, unknown>;
  const downstreams = salvageList(given['downstreams'], Downstream, DOWNSTREAMS_MAX);
  const slots = salvageList(given['slots'], ReplicationSlot, SLOTS_MAX);
  return {
    ...given,
    ...{ downstreams: downstreams.rows, downstreamLosses: lossesOf(given['downstreamLosses'], downstreams) },
    ...{ slots: slots.rows, slotLosses: lossesOf(given['slotLosses'], slots) },
  };
}, PostgresFields);
export type PostgresObservation = z.infer<typeof PostgresFields>;

function lossesOf(said: unknown, { dropped, cut }: { dropped: number; cut: number }): ListLosses | undefined {
  const before = ListLosses.safeParse(said);
  if (!before.success) return dropped + cut === 0 ? undefined : { more: cut, dropped };
  return { more: before.data.more + cut, dropped: before.data.dropped + dropped };
}

/** How the agent itself is, as far as it bears on what it reports. */
export const AgentCondition = z.object({
  /** Why the state directory can't be written, and what to do; `null` = it can. */
  stateDirectoryProblem: boundedText(300).nullable(),
  /** Samples that the controller refused for good, set aside in its state directory until a person removes them. */
  refusedSamples: Count,
  /** Samples that were dropped because the buffer was full. */
  lostSamples: Count,
});
export type AgentCondition = z.infer<typeof AgentCondition>;

export const Observation = z.object({
  /** Grows by one with each tick of an installed agent, also across its restarts. */
  sequence: Count,
  /** The agent's own clock. The controller corrects it by `clock.offsetMs`. */
  observedAt: Instant,
  /** How long the tick took. */
  tookMs: z.number().nonnegative(),
  server: z.object({ state: ServerState, message: boundedText(500).nullable() }),
  postgres: PostgresObservation.nullable(),
  volumes: z.array(Volume).max(8),
  /** `null` = could not be read; absent from an agent of a release before it looked. A field of its own: `purpose` is a closed word. */
  tablespaces: TablespaceVolumes.nullable().catch(null).optional(),
  clock: z.object({
    /** Controller's clock minus the agent's, by the request's own round trip; `null` before the first answer. */
    offsetMs: z.number().nullable(),
    /** Half the round trip: the offset is known to within this. */
    uncertaintyMs: z.number().nonnegative().nullable(),
    chrony: z.object({ offsetMs: z.number(), stratum: Count }).nullable(),
  }),
  /** Absent or `null`: this agent only observes. */
  authority: Authority.nullable().optional(),
  /** Absent from an agent of a release before it said so. */
  agent: AgentCondition.optional(),
  /** Other nodes that were tried, while this one had reason to doubt one of them. */
  peerConnections: PeerConnections,
});
export type Observation = z.infer<typeof Observation>;
