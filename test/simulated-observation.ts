/** Simulates what agents of a fleet of well-running clusters would send: every field filled as a real agent fills it, 3 to 4 kB as JSON. */
import type { Downstream, Observation, ReplicationSlot } from '../lib/agent-contract/observation.ts';
import { formatLsn } from '../lib/domain/postgres/lsn.ts';

/** Primary, and standbys that all stream from it. */
export const NODES_PER_CLUSTER = 7;
const WAL_BYTES_PER_SECOND = 300_000;
const SEGMENT_BYTES = 16 * 1024 * 1024;
const GIB = 1024 ** 3;

export interface SimulatedNode {
  clusterIndex: number;
  nodeIndex: number;
  clusterSlug: string;
  name: string;
}

export function clusterSlug(clusterIndex: number): string {
  return `bench-${String(clusterIndex).padStart(3, '0')}`;
}

export function nodeName(clusterIndex: number, nodeIndex: number): string {
  return `${clusterSlug(clusterIndex)}-${'abcdefghijklmnop'[nodeIndex] ?? 'z'}`;
}

/** Nodes of a fleet of `count`, cluster after cluster. */
export function simulatedFleet(count: number): SimulatedNode[] {
  return Array.from({ length: count }, (_unused, index) => {
    const clusterIndex = Math.floor(index / NODES_PER_CLUSTER);
    const nodeIndex = index % NODES_PER_CLUSTER;
    return { clusterIndex, nodeIndex, clusterSlug: clusterSlug(clusterIndex), name: nodeName(clusterIndex, nodeIndex) };
  });
}

/** Position of the cluster's primary at a moment: grows steadily, so that standbys' positions can be derived. */
function primaryLsn(node: SimulatedNode, atMs: number, startMs: number): bigint {
  return (
    0x10_0000_0000n +
    BigInt(node.clusterIndex) * 0x1000_0000n +
    BigInt(Math.max(0, Math.round(((atMs - startMs) * WAL_BYTES_PER_SECOND) / 1000)))
  );
}

/** One tick of `node`, observed at `atMs`. */
export function simulatedObservation(node: SimulatedNode, sequence: number, atMs: number, startMs: number): Observation {
  const primary = node.nodeIndex === 0;
  const lsn = primaryLsn(node, primary ? atMs : atMs - 40, startMs);
  const text = formatLsn(lsn);
  const at = (agoMs: number): string => new Date(atMs - agoMs).toISOString();
  const walName = (back: bigint): string => {
    const segment = lsn / BigInt(SEGMENT_BYTES) - back;
    return `00000001${(segment >> 8n).toString(16).padStart(8, '0')}${(segment & 0xffn).toString(16).padStart(8, '0')}`.toUpperCase();
  };
  const others = Array.from({ length: NODES_PER_CLUSTER }, (_unused, index) => index).filter((index) => index !== node.nodeIndex);
  const downstream = (index: number): Downstream => ({
    applicationName: nodeName(node.clusterIndex, index),
    clientAddress: `10.${node.clusterIndex % 250}.0.${index + 1}`,
    user: 'replicator',
    state: 'streaming',
    syncState: 'async',
    sentLsn: text,
    writeLsn: text,
    flushLsn: text,
    replayLsn: text,
    writeLagMs: 0.61,
    flushLagMs: 1.12,
    replayLagMs: 1.4,
    replyAt: at(35),
    tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', bits: 256 },
  });
  const slot = (index: number): ReplicationSlot => ({
    name: nodeName(node.clusterIndex, index).replaceAll('-', '_'),
    type: 'physical',
    active: primary,
    temporary: false,
    walStatus: 'reserved',
    restartLsn: text,
    retainedBytes: 4096,
    safeWalBytes: 64 * GIB,
    xminAge: 12,
    catalogXminAge: null,
    inactiveSince: primary ? null : at(600_000),
  });
  return {
    sequence,
    observedAt: at(0),
    tookMs: 2.4,
    server: { state: 'accepting', message: null },
    postgres: {
      systemIdentifier: String(7_300_000_000_000_000_000n + BigInt(node.clusterIndex)),
      serverVersionNumber: 150018,
      startedAt: new Date(startMs - 86_400_000).toISOString(),
      inRecovery: !primary,
      timeline: 1,
      writeProbe: primary ? { ok: true, commitMs: 1.9, reason: null } : null,
      insertLsn: primary ? text : null,
      flushLsn: primary ? text : null,
      receiveLsn: primary ? null : text,
      replayLsn: primary ? null : text,
      lastReplayedTransactionAt: primary ? null : at(60),
      replayPaused: primary ? null : false,
      synchronousStandbyNames: '',
      downstreams: primary ? others.map(downstream) : [],
      walReceiver: primary
        ? null
        : {
            status: 'streaming',
            senderHost: `10.${node.clusterIndex % 250}.0.1`,
            senderPort: 5432,
            slotName: node.name.replaceAll('-', '_'),
            writtenLsn: text,
            flushedLsn: text,
            receivedTimeline: 1,
            lastMessageSentAt: at(30),
            lastMessageReceivedAt: at(28),
            latestEndLsn: text,
          },
      configuredUpstream: primary
        ? null
        : { host: nodeName(node.clusterIndex, 0), port: 5432, applicationName: node.name, slotName: node.name.replaceAll('-', '_') },
      // A standby that may be promoted holds a slot or two for others; the primary holds all.
      slots: (primary ? others : others.slice(0, 2)).map(slot),
      archiver: {
        mode: 'on',
        archivedCount: 1200,
        failedCount: 0,
        lastArchivedWal: walName(1n),
        lastArchivedAt: at(4_000),
        lastFailedWal: null,
        lastFailedAt: null,
        readyCount: 0,
        oldestReadyAgeMs: null,
      },
      walDirectoryBytes: 10 * SEGMENT_BYTES,
      walBytesPerSecond: WAL_BYTES_PER_SECOND,
      checkpoints: { timed: 288, requested: 3, lastCheckpointAt: at(120_000) },
      connections: { used: 23, limit: 100 },
      conflictsCancelled: primary ? null : 0,
    },
    volumes: [
      { purpose: 'data', mountPoint: '/var/lib/postgresql', sizeBytes: 500 * GIB, freeBytes: 320 * GIB },
      { purpose: 'wal', mountPoint: '/var/lib/postgresql/wal', sizeBytes: 50 * GIB, freeBytes: 41 * GIB },
    ],
    clock: { offsetMs: 3.1, uncertaintyMs: 40, chrony: { offsetMs: 0.02, stratum: 3 } },
  };
}
