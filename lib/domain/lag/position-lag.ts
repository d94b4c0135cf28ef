/**
 * Lag of a standby behind the primary, computed from both nodes' positions in one place. A standby's own view is no witness:
 * with its walreceiver dead it finds itself level with what it received last. Seconds come from when the primary stood where,
 * which its heartbeat moves each second, so an idle primary gives 0 and a dead stream gives seconds that grow.
 */
import { ageMs, isYoungerThan } from '../time/age.ts';
import { formatDuration } from '../format/duration.ts';
import { formatBytes } from '../format/quantity.ts';
import { furthestLsn, lsnDifferenceBytes, parseLsnOrNull } from '../postgres/lsn.ts';
import { unknownLag } from '../topology/age.ts';
import type { Lag } from '../topology/model.ts';
import type { PositionPoint } from './position-trail.ts';
import { pointAt } from './position-trail.ts';

/** Samples come each second; three missing is no phase of sampling any more, and the two positions can't be compared. */
export const SAMPLES_APART_MAX_MS = 3_000;
/** A lag from samples older than this says nothing about now. Nodes turn unknown at half of it. */
export const LAG_SAMPLE_AGE_MAX_MS = 10_000;
/** A longer hole in the primary's history hides when WAL was written: the earlier end of the hole is taken then. */
export const HISTORY_GAP_MS = 3_000;

export interface StandbyPosition {
  observedAtMs: number;
  receiveLsn: string | null;
  replayLsn: string | null;
  /** Commit time of the last replayed transaction on the controller's clock. Carries on where the history ends. */
  lastReplayedCommitAtMs: number | null;
}

/**
 * `primaryTrail`: the primary's positions, oldest first. Compared is what the primary had flushed at its newest sample not
 * after the standby's: a later one would count WAL that the standby's sample could not contain.
 */
export function positionLag(primaryName: string, primaryTrail: readonly PositionPoint[], standby: StandbyPosition, nowMs: number): Lag {
  const newest = primaryTrail.at(-1) ?? null;
  const replayed = parseLsnOrNull(standby.replayLsn);
  const received = furthestLsn(parseLsnOrNull(standby.receiveLsn), replayed);
  const ages = {
    primaryObservedAt: newest === null ? null : new Date(newest.atMs).toISOString(),
    standbyObservedAt: new Date(standby.observedAtMs).toISOString(),
  };
  if (newest === null) return unknownLag(`The WAL position of ${primaryName} is unknown.`, ages);
  if (received === null || replayed === null) return unknownLag('The standby reports no WAL position.', ages);

  const compared = pointAt(primaryTrail, standby.observedAtMs) ?? newest;
  const totalBytes = clampPhase(lsnDifferenceBytes(compared.lsn, replayed));
  if (newest.atMs < standby.observedAtMs - SAMPLES_APART_MAX_MS || !isYoungerThan(newest.atMs, LAG_SAMPLE_AGE_MAX_MS, nowMs)) {
    const age = formatDuration(ageMs(newest.atMs, nowMs));
    return unknownLag(`The position of ${primaryName} is ${age} old; ${formatBytes(totalBytes)} before it were not replayed.`, ages);
  }
  if (newest.atMs - standby.observedAtMs > SAMPLES_APART_MAX_MS || !isYoungerThan(standby.observedAtMs, LAG_SAMPLE_AGE_MAX_MS, nowMs)) {
    return unknownLag(`The standby’s own position is ${formatDuration(ageMs(standby.observedAtMs, nowMs))} old.`, ages);
  }
  return {
    transportBytes: clampPhase(lsnDifferenceBytes(compared.lsn, received)),
    applyBytes: clampPhase(lsnDifferenceBytes(received, replayed)),
    totalBytes,
    seconds: secondsBehind(primaryTrail, replayed, standby),
    primaryObservedAt: new Date(compared.atMs).toISOString(),
    standbyObservedAt: ages.standbyObservedAt,
    reason: null,
  };
}

/** A standby sampled a moment after the primary may be ahead of that sample: that is the phase of sampling, not a lead. */
function clampPhase(bytes: number): number {
  return Math.max(0, bytes);
}

/** Age, at the standby's sample, of the oldest position of the primary that it had not replayed; 0 = none. */
function secondsBehind(primaryTrail: readonly PositionPoint[], replayed: bigint, standby: StandbyPosition): number {
  const index = primaryTrail.findIndex((point) => point.lsn > replayed && point.atMs <= standby.observedAtMs);
  const oldest = primaryTrail[index];
  if (oldest === undefined) return 0;
  const before = primaryTrail[index - 1];
  const candidates = [oldest.atMs];
  if (before === undefined) {
    // The standby is behind everything that is remembered: only the time of its last replayed commit reaches further back.
    if (standby.lastReplayedCommitAtMs !== null) candidates.push(standby.lastReplayedCommitAtMs);
  } else if (oldest.atMs - before.atMs > HISTORY_GAP_MS) {
    candidates.push(before.atMs);
  }
  return Math.max(0, standby.observedAtMs - Math.min(...candidates)) / 1000;
}
