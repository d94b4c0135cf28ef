/** From the JSON of the tick statement to the contract's record: bounds, units and the facts that two columns decide. Pure. */
import type { Downstream, PostgresObservation, ReplicationSlot, WalReceiver, WriteProbe } from '../../lib/agent-contract/observation.ts';
import { configuredUpstream } from './conninfo.ts';
import type { ServerConstants } from './server-constants.ts';
import type { WalDirectories } from './wal-directories.ts';

type Text = string | null;

interface RawDownstream {
  applicationName: Text;
  clientAddress: Text;
  user: Text;
  state: Downstream['state'];
  syncState: Downstream['syncState'];
  sentLsn: Text;
  writeLsn: Text;
  flushLsn: Text;
  replayLsn: Text;
  writeLagMs: number | null;
  flushLagMs: number | null;
  replayLagMs: number | null;
  replyAt: Text;
  ssl: boolean | null;
  tlsVersion: Text;
  tlsCipher: Text;
  tlsBits: number | null;
}

export interface RawTick {
  inRecovery: boolean;
  walFile: Text;
  insertLsn: Text;
  flushLsn: Text;
  receiveLsn: Text;
  replayLsn: Text;
  lastReplayedTransactionAt: Text;
  replayPaused: boolean | null;
  minRecoveryTimeline: number | null;
  checkpointTimeline: number;
  checkpointAt: Text;
  synchronousStandbyNames: string;
  primaryConninfo: Text;
  primarySlotName: string;
  downstreams: RawDownstream[];
  downstreamCount: number;
  walReceiver: WalReceiver | null;
  slots: ReplicationSlot[];
  slotCount: number;
  archiver: {
    archivedCount: number;
    failedCount: number;
    lastArchivedWal: Text;
    lastArchivedAt: Text;
    lastFailedWal: Text;
    lastFailedAt: Text;
  };
  checkpoints: { timed: number; requested: number };
  connectionsUsed: number;
  conflictsCancelled: number | null;
  at: string;
}

/** `null` stays `null`; so does what is no time (`infinity`). */
export function instant(text: Text | undefined): string | null {
  if (text === null || text === undefined) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : new Date(atMs).toISOString();
}

const clip = (text: Text | undefined, max: number): string | null => text?.slice(0, max) ?? null;
/** Lags are intervals; a clock that steps back could make one negative. */
const atLeastZero = (value: number | null): number | null => (value === null ? null : Math.max(0, value));

function toDownstream(raw: RawDownstream): Downstream {
  return {
    applicationName: clip(raw.applicationName, 63) ?? '',
    clientAddress: clip(raw.clientAddress, 64),
    user: clip(raw.user, 63) ?? '',
    state: raw.state,
    syncState: raw.syncState,
    sentLsn: raw.sentLsn,
    writeLsn: raw.writeLsn,
    flushLsn: raw.flushLsn,
    replayLsn: raw.replayLsn,
    writeLagMs: atLeastZero(raw.writeLagMs),
    flushLagMs: atLeastZero(raw.flushLagMs),
    replayLagMs: atLeastZero(raw.replayLagMs),
    replyAt: instant(raw.replyAt),
    tls:
      raw.ssl === true ? { version: clip(raw.tlsVersion, 20) ?? '', cipher: clip(raw.tlsCipher, 80) ?? '', bits: raw.tlsBits ?? 0 } : null,
  };
}

function toWalReceiver(raw: WalReceiver): WalReceiver {
  return {
    ...raw,
    status: raw.status.slice(0, 20),
    senderHost: clip(raw.senderHost, 255),
    slotName: clip(raw.slotName, 63),
    lastMessageSentAt: instant(raw.lastMessageSentAt),
    lastMessageReceivedAt: instant(raw.lastMessageReceivedAt),
  };
}

/**
 * The timeline that is written, or that is received and replayed. On a standby four sources exist and each may be behind for a while,
 * but none can be ahead of the truth. `ofWalFile` is that of the newest segment received (`walFileTimelineOf`).
 */
export function timelineOf(
  raw: Pick<RawTick, 'walFile' | 'walReceiver' | 'minRecoveryTimeline' | 'checkpointTimeline'>,
  ofWalFile: number | null,
): number {
  if (raw.walFile !== null) return Number.parseInt(raw.walFile.slice(0, 8), 16);
  return Math.max(raw.walReceiver?.receivedTimeline ?? 0, raw.minRecoveryTimeline ?? 0, raw.checkpointTimeline, ofWalFile ?? 0);
}

export interface SampleContext {
  constants: ServerConstants;
  directories: WalDirectories;
  writeProbe: WriteProbe | null;
  walBytesPerSecond: number | null;
  /** Of the newest segment of a standby that does not stream; `null` when it was not looked for, or can't be read. */
  walFileTimeline: number | null;
  /** The agent's own record of when a slot lost its consumer. */
  slotInactiveSince: (name: string) => string | null;
}

/** The contract's record of one tick. */
export function toPostgresObservation(raw: RawTick, context: SampleContext): PostgresObservation {
  const { constants, directories } = context;
  return {
    systemIdentifier: constants.systemIdentifier,
    serverVersionNumber: constants.serverVersionNumber,
    startedAt: instant(constants.startedAt) ?? new Date(0).toISOString(),
    inRecovery: raw.inRecovery,
    timeline: timelineOf(raw, context.walFileTimeline),
    writeProbe: raw.inRecovery ? null : context.writeProbe,
    insertLsn: raw.insertLsn,
    flushLsn: raw.flushLsn,
    receiveLsn: raw.receiveLsn,
    replayLsn: raw.replayLsn,
    lastReplayedTransactionAt: instant(raw.lastReplayedTransactionAt),
    replayPaused: raw.replayPaused,
    synchronousStandbyNames: raw.synchronousStandbyNames.slice(0, 1024),
    downstreams: raw.downstreams.map(toDownstream),
    downstreamLosses: { more: Math.max(0, raw.downstreamCount - raw.downstreams.length), dropped: 0 },
    walReceiver: raw.walReceiver === null ? null : toWalReceiver(raw.walReceiver),
    configuredUpstream: raw.primaryConninfo === null ? null : configuredUpstream(raw.primaryConninfo, raw.primarySlotName),
    slots: raw.slots.map((slot) => ({
      ...slot,
      name: slot.name.slice(0, 63),
      inactiveSince: slot.active ? null : (instant(slot.inactiveSince) ?? context.slotInactiveSince(slot.name)),
    })),
    slotLosses: { more: Math.max(0, raw.slotCount - raw.slots.length), dropped: 0 },
    archiver: {
      mode: constants.archiveMode,
      archivedCount: raw.archiver.archivedCount,
      failedCount: raw.archiver.failedCount,
      lastArchivedWal: clip(raw.archiver.lastArchivedWal, 80),
      lastArchivedAt: instant(raw.archiver.lastArchivedAt),
      lastFailedWal: clip(raw.archiver.lastFailedWal, 80),
      lastFailedAt: instant(raw.archiver.lastFailedAt),
      readyCount: directories.readyCount,
      oldestReadyAgeMs: directories.oldestReadyAgeMs,
    },
    walDirectoryBytes: directories.walDirectoryBytes,
    walBytesPerSecond: context.walBytesPerSecond,
    checkpoints: { ...raw.checkpoints, lastCheckpointAt: instant(raw.checkpointAt) },
    connections: { used: raw.connectionsUsed, limit: constants.maxConnections },
    conflictsCancelled: raw.conflictsCancelled,
  };
}
