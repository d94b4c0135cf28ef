/** Computes the state of a slot and of free space for WAL, once for the findings and for the slots page, so that the two never disagree. */
import { ageMs } from '../time/age.ts';
import type { PostgresObservation, ReplicationSlot, Volume } from '../../agent-contract/observation.ts';
import { ARCHIVE_BACKLOG_AGE_MS, isArchiveFailing } from '../archive/archiver.ts';
import type { Severity } from '../findings/model.ts';
import type { RuleContext } from '../findings/rule.ts';
import type { Sighting } from '../topology/sighting.ts';
import { slotNameOf } from '../topology/sighting.ts';
import type { Runway } from './runway.ts';
import { estimateRunway, p95WalBytesPerSecond, presentWalBytesPerSecond } from './runway.ts';

/** A standby's restart takes less; a slot idle for longer has lost its consumer. */
export const SLOT_INACTIVE_MS = 60_000;
/** Both the share and the amount must be small: 8 % of 10 TB is plenty, and 1 GB of a 2 GB WAL volume is normal. */
export const FREE_WARNING = { fraction: 0.1, bytes: 10 * 1024 ** 3 };
export const FREE_CRITICAL = { fraction: 0.05, bytes: 5 * 1024 ** 3 };
/** A slot held ready for a change of primary is idle by design: worth a word only when it keeps this much. */
const SPARE_SLOT_RETAINED_BYTES = 256 * 1024 * 1024;
/** With less than this left at the present rate, waiting for the thresholds above would waste what time there is. */
const RUNWAY_CRITICAL_MINUTES = 30;
const RUNWAY_WARNING_MINUTES = 12 * 60;
/** A slot that is idle for less is most likely a standby that restarts, unless it has only minutes anyway. */
const SLOT_FORECAST_AFTER_MS = 15_000;
const RUNWAY_IMMINENT_MINUTES = 3;
/** A slot that has used this share of what it may keep, and does not move, is on its way out. */
const SLOT_USED_WARNING_FRACTION = 0.5;

/** WAL bytes per second of a node; `null` = unknown. */
export interface Rates {
  present: number | null;
  p95: number | null;
}

/** Computed on demand and once: most evaluations find nothing that needs a forecast. */
export function ratesOf({ node }: Sighting, nowMs: number): () => Rates {
  let rates: Rates | undefined;
  return () => (rates ??= { present: presentWalBytesPerSecond(node.history, nowMs), p95: p95WalBytesPerSecond(node.walRateBuckets) });
}

/** The volume that WAL is written to; the data volume where WAL has none of its own. */
export function walVolumeOf(volumes: readonly Volume[]): Volume | null {
  return volumes.find(({ purpose }) => purpose === 'wal') ?? volumes.find(({ purpose }) => purpose === 'data') ?? null;
}

export function runwayOf(sighting: Sighting, slot: ReplicationSlot | null, rates: Rates): Runway {
  return estimateRunway({
    freeBytes: walVolumeOf(sighting.observation?.volumes ?? [])?.freeBytes ?? null,
    safeWalBytes: slot?.safeWalBytes ?? null,
    presentBytesPerSecond: rates.present,
    p95BytesPerSecond: rates.p95,
  });
}

/** A slot that keeps WAL and whose consumer does not take it. A temporary slot goes with its session. */
export function isHolding(slot: ReplicationSlot): boolean {
  return !slot.active && !slot.temporary && slot.restartLsn !== null && slot.walStatus !== 'lost';
}

export function inactiveMs(sighting: Sighting, slot: ReplicationSlot): number | null {
  // Both instants come from the node's own clock.
  return ageMs(slot.inactiveSince, Date.parse(sighting.observation!.observedAt));
}

/** The node that the slot is named after streams from somewhere else, and the slot keeps little: a spare for later that moves along. */
export function isSpare(slot: ReplicationSlot, sighting: Sighting, { topology }: RuleContext): boolean {
  if (slot.active || (slot.retainedBytes ?? 0) >= SPARE_SLOT_RETAINED_BYTES) return false;
  return topology.links.some(({ to, from, state }) => slotNameOf(to) === slot.name && from !== sighting.name && state === 'streaming');
}

/** A slot whose standby keeps up moves on with the WAL: its reserve does not shrink, however fast the primary writes. */
export function isFallingBack(slot: ReplicationSlot): boolean {
  if (slot.temporary || slot.restartLsn === null || slot.walStatus === 'lost') return false;
  return !slot.active || slot.walStatus === 'unreserved' || usedFraction(slot) >= SLOT_USED_WARNING_FRACTION;
}

/** Share of what the slot may keep that it keeps; 0 without a limit. */
function usedFraction({ retainedBytes, safeWalBytes }: ReplicationSlot): number {
  if (safeWalBytes === null) return 0;
  if (safeWalBytes <= 0) return 1;
  return (retainedBytes ?? 0) / ((retainedBytes ?? 0) + safeWalBytes);
}

/** How pressing it is that a slot that falls back will be lost; `null`: not at all. */
export function urgencyOfLoss(slot: ReplicationSlot, idleMs: number | null, runway: Runway): Severity | null {
  if (slot.walStatus === 'unreserved' || (slot.safeWalBytes !== null && slot.safeWalBytes <= 0)) return 'critical';
  if (slot.safeWalBytes === null) return null;
  const leftMinutes = runway.slotLostAtPresentMinutes ?? Infinity;
  if (!slot.active && (idleMs ?? 0) < SLOT_FORECAST_AFTER_MS && leftMinutes > RUNWAY_IMMINENT_MINUTES) return null;
  if (leftMinutes < RUNWAY_CRITICAL_MINUTES) return 'critical';
  const nearest = Math.min(leftMinutes, runway.slotLostAtP95Minutes ?? Infinity);
  return nearest < RUNWAY_WARNING_MINUTES || usedFraction(slot) >= SLOT_USED_WARNING_FRACTION ? 'warning' : null;
}

export function urgencyOfRunway(runway: Runway): Severity | null {
  if ((runway.diskFullAtPresentMinutes ?? Infinity) < RUNWAY_CRITICAL_MINUTES) return 'critical';
  const nearest = Math.min(runway.diskFullAtPresentMinutes ?? Infinity, runway.diskFullAtP95Minutes ?? Infinity);
  return nearest < RUNWAY_WARNING_MINUTES ? 'warning' : null;
}

/** WAL written now stays on the disk: an idle slot keeps it without a limit below the free space, or the archive can't take it. */
export function isKeepingWal(sighting: Sighting, context: RuleContext): boolean {
  const { live } = sighting;
  if (live === null) return false;
  const freeBytes = walVolumeOf(sighting.observation?.volumes ?? [])?.freeBytes ?? 0;
  const isUnlimited = (slot: ReplicationSlot) => slot.safeWalBytes === null || slot.safeWalBytes >= freeBytes;
  const isIdle = (slot: ReplicationSlot) => (inactiveMs(sighting, slot) ?? 0) >= SLOT_FORECAST_AFTER_MS;
  const backlog = live.archiver.oldestReadyAgeMs !== null && live.archiver.oldestReadyAgeMs > ARCHIVE_BACKLOG_AGE_MS;
  return (
    live.slots.some((slot) => isHolding(slot) && isIdle(slot) && isUnlimited(slot) && !isSpare(slot, sighting, context)) ||
    isArchiveFailing(live) ||
    backlog
  );
}

export function mostRetaining(live: PostgresObservation | null): ReplicationSlot | null {
  return live?.slots.filter(isHolding).sort((a, b) => (b.retainedBytes ?? 0) - (a.retainedBytes ?? 0))[0] ?? null;
}

/** Judged by free space alone, at any write rate. */
export function urgencyOfFreeSpace({ freeBytes, sizeBytes }: Pick<Volume, 'freeBytes' | 'sizeBytes'>): Severity | null {
  const isBelow = (limit: typeof FREE_WARNING) => freeBytes < sizeBytes * limit.fraction && freeBytes < limit.bytes;
  return isBelow(FREE_CRITICAL) ? 'critical' : isBelow(FREE_WARNING) ? 'warning' : null;
}
