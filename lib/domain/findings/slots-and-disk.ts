/** Rules about WAL that is kept for somebody, and the room that is left for it. */
import type { PostgresObservation, ReplicationSlot, Volume } from '../../agent-contract/observation.ts';
import { formatDuration, formatMinutes } from '../format/duration.ts';
import { formatBytes, formatBytesPerSecond, formatPercent } from '../format/quantity.ts';
import type { Sighting } from '../topology/sighting.ts';
import { slotNameOf } from '../topology/sighting.ts';
import { ARCHIVE_BACKLOG_AGE_MS, isArchiveFailing } from './archive.ts';
import type { Evidence, Severity } from './model.ts';
import type { Rule, RuleContext } from './rule.ts';
import { nodeRule } from './rule.ts';
import type { Runway } from './runway.ts';
import { estimateRunway, p95WalBytesPerSecond, presentWalBytesPerSecond } from './runway.ts';

/** A standby's restart takes less; a slot idle for longer has lost its consumer. */
export const SLOT_INACTIVE_MS = 60_000;
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
/** Both the share and the amount must be small: 8 % of 10 TB is plenty, and 1 GB of a 2 GB WAL volume is normal. */
const FREE_WARNING = { fraction: 0.1, bytes: 10 * 1024 ** 3 };
const FREE_CRITICAL = { fraction: 0.05, bytes: 5 * 1024 ** 3 };

const bytes = (value: number | null): Evidence => ({ kind: 'bytes', value });
const rate = (value: number | null): Evidence => ({ kind: 'bytesPerSecond', value });
const minutes = (value: number | null): Evidence => ({ kind: 'durationMs', value: value === null ? null : value * 60_000 });
const text = (value: string | null): Evidence => ({ kind: 'text', value });

interface Rates {
  present: number | null;
  p95: number | null;
}

/** Computed on demand and once: most evaluations find nothing that needs a forecast. */
function ratesOf({ node }: Sighting, nowMs: number): () => Rates {
  let rates: Rates | undefined;
  return () => (rates ??= { present: presentWalBytesPerSecond(node.history, nowMs), p95: p95WalBytesPerSecond(node.walRateBuckets) });
}

/** The volume that WAL is written to; the data volume where WAL has none of its own. */
export function walVolumeOf(volumes: readonly Volume[]): Volume | null {
  return volumes.find(({ purpose }) => purpose === 'wal') ?? volumes.find(({ purpose }) => purpose === 'data') ?? null;
}

function runwayOf(sighting: Sighting, slot: ReplicationSlot | null, rates: Rates): Runway {
  return estimateRunway({
    freeBytes: walVolumeOf(sighting.observation?.volumes ?? [])?.freeBytes ?? null,
    safeWalBytes: slot?.safeWalBytes ?? null,
    presentBytesPerSecond: rates.present,
    p95BytesPerSecond: rates.p95,
  });
}

function forecastEvidence(sighting: Sighting, slot: ReplicationSlot | null, rates: Rates): Record<string, Evidence> {
  const runway = runwayOf(sighting, slot, rates);
  return {
    walRateNow: rate(rates.present),
    walRateP95: rate(rates.p95),
    untilSlotLostNow: minutes(runway.slotLostAtPresentMinutes),
    untilSlotLostAtP95: minutes(runway.slotLostAtP95Minutes),
    untilDiskFullNow: minutes(runway.diskFullAtPresentMinutes),
    untilDiskFullAtP95: minutes(runway.diskFullAtP95Minutes),
  };
}

/** A slot that keeps WAL and whose consumer does not take it. A temporary slot goes with its session. */
function isHolding(slot: ReplicationSlot): boolean {
  return !slot.active && !slot.temporary && slot.restartLsn !== null && slot.walStatus !== 'lost';
}

function inactiveMs(sighting: Sighting, slot: ReplicationSlot): number | null {
  // Both instants come from the node's own clock.
  return slot.inactiveSince === null ? null : Math.max(0, Date.parse(sighting.observation!.observedAt) - Date.parse(slot.inactiveSince));
}

/** The node that the slot is named after streams from somewhere else, and the slot keeps little: a spare for later that moves along. */
function isSpare(slot: ReplicationSlot, sighting: Sighting, { topology }: RuleContext): boolean {
  if (slot.active || (slot.retainedBytes ?? 0) >= SPARE_SLOT_RETAINED_BYTES) return false;
  return topology.links.some(({ to, from, state }) => slotNameOf(to) === slot.name && from !== sighting.name && state === 'streaming');
}

const slotInactive = nodeRule('slot-inactive', (sighting, context) => {
  const rates = ratesOf(sighting, context.nowMs);
  return (sighting.live?.slots ?? []).filter(isHolding).flatMap((slot) => {
    const idleMs = inactiveMs(sighting, slot);
    if (idleMs === null || idleMs < SLOT_INACTIVE_MS || isSpare(slot, sighting, context)) return [];
    return [
      {
        severity: 'warning' as const,
        subject: slot.name,
        summary: `Slot ${slot.name} on ${sighting.name} has had no consumer for ${formatDuration(idleMs)} and keeps ${formatBytes(slot.retainedBytes)} of WAL.`,
        evidence: {
          inactiveFor: { kind: 'durationMs', value: idleMs },
          retained: bytes(slot.retainedBytes),
          ...forecastEvidence(sighting, slot, rates()),
        },
      },
    ];
  });
});

/** Whether a slot falls back: unreserved already, or idle or far behind with its reserve running out. */
const slotWillBeLost = nodeRule('slot-will-be-lost', (sighting, context) => {
  const rates = ratesOf(sighting, context.nowMs);
  return (sighting.live?.slots ?? []).filter(isFallingBack).flatMap((slot) => {
    if (slot.walStatus !== 'unreserved' && isSpare(slot, sighting, context)) return [];
    const runway = runwayOf(sighting, slot, rates());
    const urgency = urgencyOfLoss(slot, inactiveMs(sighting, slot), runway);
    if (urgency === null) return [];
    const { slotLostAtPresentMinutes: left } = runway;
    const when =
      slot.walStatus === 'unreserved' || (slot.safeWalBytes ?? 1) <= 0
        ? 'will be lost at the next checkpoint'
        : left === null
          ? 'may keep little more'
          : `will be lost in ${formatMinutes(left)} at the present write rate`;
    return [
      {
        severity: urgency,
        subject: slot.name,
        summary: `Slot ${slot.name} on ${sighting.name} ${when} (${formatBytes(slot.retainedBytes)} kept, ${formatBytes(slot.safeWalBytes)} left).`,
        evidence: {
          retained: bytes(slot.retainedBytes),
          left: bytes(slot.safeWalBytes),
          walStatus: text(slot.walStatus),
          ...forecastEvidence(sighting, slot, rates()),
        },
      },
    ];
  });
});

/** A slot whose standby keeps up moves on with the WAL: its reserve does not shrink, however fast the primary writes. */
function isFallingBack(slot: ReplicationSlot): boolean {
  if (slot.temporary || slot.restartLsn === null || slot.walStatus === 'lost') return false;
  return !slot.active || slot.walStatus === 'unreserved' || usedFraction(slot) >= SLOT_USED_WARNING_FRACTION;
}

/** Share of what the slot may keep that it keeps; 0 without a limit. */
function usedFraction({ retainedBytes, safeWalBytes }: ReplicationSlot): number {
  if (safeWalBytes === null) return 0;
  if (safeWalBytes <= 0) return 1;
  return (retainedBytes ?? 0) / ((retainedBytes ?? 0) + safeWalBytes);
}

function urgencyOfLoss(slot: ReplicationSlot, idleMs: number | null, runway: Runway): Severity | null {
  if (slot.walStatus === 'unreserved' || (slot.safeWalBytes !== null && slot.safeWalBytes <= 0)) return 'critical';
  if (slot.safeWalBytes === null) return null;
  const leftMinutes = runway.slotLostAtPresentMinutes ?? Infinity;
  if (!slot.active && (idleMs ?? 0) < SLOT_FORECAST_AFTER_MS && leftMinutes > RUNWAY_IMMINENT_MINUTES) return null;
  if (leftMinutes < RUNWAY_CRITICAL_MINUTES) return 'critical';
  const nearest = Math.min(leftMinutes, runway.slotLostAtP95Minutes ?? Infinity);
  return nearest < RUNWAY_WARNING_MINUTES || usedFraction(slot) >= SLOT_USED_WARNING_FRACTION ? 'warning' : null;
}

const slotLost = nodeRule('slot-lost', ({ name, live }, { sightings }) =>
  (live?.slots ?? [])
    .filter((slot) => slot.walStatus === 'lost')
    .map((slot) => {
      const consumer = [...sightings.keys()].find((node) => slotNameOf(node) === slot.name);
      return {
        severity: consumer === undefined ? ('warning' as const) : ('critical' as const),
        subject: slot.name,
        summary: `Slot ${slot.name} on ${name} is lost: WAL that its consumer${consumer === undefined ? '' : ` ${consumer}`} needs was removed.`,
        evidence: { walStatus: text(slot.walStatus), consumer: text(consumer ?? null) },
      };
    }),
);

const diskFilling = nodeRule('disk-filling', (sighting, context) => {
  const rates = ratesOf(sighting, context.nowMs);
  const volumes = sighting.observation?.volumes ?? [];
  const wal = walVolumeOf(volumes);
  return volumes.flatMap((volume) => {
    const forecast = volume === wal && isKeepingWal(sighting, context) ? urgencyOfRunway(runwayOf(sighting, null, rates())) : null;
    const severity = worse(urgencyOfRoom(volume), forecast);
    if (severity === null) return [];
    const left = runwayOf(sighting, null, rates()).diskFullAtPresentMinutes;
    const share = formatPercent(volume.freeBytes / Math.max(1, volume.sizeBytes));
    const until =
      forecast === null || left === null ? '' : `, and full in ${formatMinutes(left)} at ${formatBytesPerSecond(rates().present)}`;
    return [
      {
        severity,
        subject: volume.purpose,
        summary: `The ${volume.purpose === 'wal' ? 'WAL' : 'data'} volume of ${sighting.name} has ${formatBytes(volume.freeBytes)} (${share}) free${until}.`,
        evidence: {
          free: bytes(volume.freeBytes),
          size: bytes(volume.sizeBytes),
          mountPoint: text(volume.mountPoint),
          ...(volume === wal ? forecastEvidence(sighting, mostRetaining(sighting.live), rates()) : {}),
        },
      },
    ];
  });
});

function urgencyOfRoom({ freeBytes, sizeBytes }: Volume): Severity | null {
  const isBelow = (limit: typeof FREE_WARNING) => freeBytes < sizeBytes * limit.fraction && freeBytes < limit.bytes;
  return isBelow(FREE_CRITICAL) ? 'critical' : isBelow(FREE_WARNING) ? 'warning' : null;
}

function urgencyOfRunway(runway: Runway): Severity | null {
  if ((runway.diskFullAtPresentMinutes ?? Infinity) < RUNWAY_CRITICAL_MINUTES) return 'critical';
  const nearest = Math.min(runway.diskFullAtPresentMinutes ?? Infinity, runway.diskFullAtP95Minutes ?? Infinity);
  return nearest < RUNWAY_WARNING_MINUTES ? 'warning' : null;
}

/** WAL written now stays on the disk: an idle slot keeps it without a limit below the free space, or the archive can't take it. */
function isKeepingWal(sighting: Sighting, context: RuleContext): boolean {
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

function mostRetaining(live: PostgresObservation | null): ReplicationSlot | null {
  return live?.slots.filter(isHolding).sort((a, b) => (b.retainedBytes ?? 0) - (a.retainedBytes ?? 0))[0] ?? null;
}

function worse(a: Severity | null, b: Severity | null): Severity | null {
  return a === 'critical' || b === 'critical' ? 'critical' : (a ?? b);
}

export const SLOT_AND_DISK_RULES: readonly Rule[] = [slotInactive, slotWillBeLost, slotLost, diskFilling];
