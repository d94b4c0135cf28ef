/** Converts one observation to a row of the sample table: the few figures that charts and reports need over months. */
import type { Observation, PostgresObservation } from '../../lib/agent-contract/observation.ts';
import type { SampleRow } from '../../lib/db/samples/samples.ts';
import { lsn } from './live-state.ts';

export interface SampleOrigin {
  nodeId: number;
  /** Corrected by the agent's clock offset. */
  observedAtMs: number;
  receivedAtMs: number;
}

/** The row of one observation. Unknown stays null. */
export function sampleRow(observation: Observation, origin: SampleOrigin): SampleRow {
  const { postgres } = observation;
  const flushLsn = lsn(postgres?.flushLsn);
  const receiveLsn = lsn(postgres?.receiveLsn);
  const replayLsn = lsn(postgres?.replayLsn);
  const standby = postgres?.inRecovery === true;
  return {
    nodeId: origin.nodeId,
    observedAtMs: origin.observedAtMs,
    sequence: observation.sequence,
    receivedAtMs: origin.receivedAtMs,
    serverState: observation.server.state,
    inRecovery: postgres?.inRecovery ?? null,
    timeline: postgres?.timeline ?? null,
    flushLsn,
    receiveLsn,
    replayLsn,
    // Needs the primary's position at the same moment, which may arrive later: the roll-up fills it in (lib/db/samples/tiers.ts).
    transportLagBytes: null,
    lagMs: null,
    applyLagBytes: standby ? difference(receiveLsn, replayLsn) : null,
    commitMs: postgres?.writeProbe?.commitMs ?? null,
    walBytesPerSecond: int8(postgres?.walBytesPerSecond),
    slotRetainedBytes: int8(mostRetained(postgres)),
    dataFreeBytes: int8(freeBytes(observation, 'data')),
    walFreeBytes: int8(freeBytes(observation, 'wal')),
    walDirectoryBytes: int8(postgres?.walDirectoryBytes),
    archiveReadyCount: postgres?.archiver.readyCount ?? null,
    archiveFailedCount: int8(postgres?.archiver.failedCount),
    connectionsUsed: postgres?.connections.used ?? null,
    clockOffsetMs: observation.clock.offsetMs,
  };
}

/** Bytes from `behind` to `ahead`. Samples of two nodes are not of the same instant, so a small negative means none. */
function difference(ahead: bigint | null, behind: bigint | null): bigint | null {
  if (ahead === null || behind === null) return null;
  return ahead > behind ? ahead - behind : 0n;
}

function mostRetained(postgres: PostgresObservation | null): number | null {
  const retained = (postgres?.slots ?? []).map((slot) => slot.retainedBytes).filter((bytes) => bytes !== null);
  return retained.length === 0 ? null : Math.max(...retained);
}

function freeBytes(observation: Observation, purpose: 'data' | 'wal'): number | null {
  return observation.volumes.find((volume) => volume.purpose === purpose)?.freeBytes ?? null;
}

function int8(value: number | null | undefined): bigint | null {
  return value == null ? null : BigInt(Math.round(value));
}
