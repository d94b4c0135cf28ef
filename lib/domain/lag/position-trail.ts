/** Joins a node's history and its newest sample into one list of WAL positions, oldest first. */
import { furthestLsn, parseLsnOrNull } from '../postgres/lsn.ts';
import type { NodeInput } from '../topology/inputs.ts';

export interface PositionPoint {
  atMs: number;
  lsn: bigint;
}

/** A primary can send what it has flushed; a standby what it has received or replayed, whichever is further. */
export function positionTrail(node: NodeInput): PositionPoint[] {
  const points = node.history.flatMap((point) => {
    const lsn = point.flushLsn ?? furthestLsn(point.receiveLsn, point.replayLsn);
    return lsn === null ? [] : [{ atMs: point.atMs, lsn }];
  });
  const newest = newestPosition(node);
  // The caller may or may not have put the newest sample into the history already.
  if (newest !== null && newest.atMs > (points.at(-1)?.atMs ?? -Infinity)) points.push(newest);
  return points;
}

function newestPosition(node: NodeInput): PositionPoint | null {
  const postgres = node.latest?.observation.postgres;
  if (node.latest == null || postgres == null) return null;
  const lsn = postgres.inRecovery ? receivedLsn(postgres) : parseLsnOrNull(postgres.flushLsn);
  return lsn === null ? null : { atMs: node.latest.observedAtMs, lsn };
}

/**
 * Replayed WAL counts as received: after a restart, and while WAL comes from an archive, the receive position stays at a segment's start.
 */
export function receivedLsn(postgres: { receiveLsn: string | null; replayLsn: string | null }): bigint | null {
  return furthestLsn(parseLsnOrNull(postgres.receiveLsn), parseLsnOrNull(postgres.replayLsn));
}

/** The newest point not after `atMs`; `null` when there is none. */
export function pointAt(trail: readonly PositionPoint[], atMs: number): PositionPoint | null {
  return trail.findLast((point) => point.atMs <= atMs) ?? null;
}

/** The newest moment at which everything the node had written by then is at or before `lsn`; `null` when there is none. */
export function lastCoveredAt(trail: readonly PositionPoint[], lsn: bigint): number | null {
  return trail.findLast((point) => point.lsn <= lsn)?.atMs ?? null;
}
