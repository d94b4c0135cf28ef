/** Rules about WAL that is kept for somebody, and the room that is left for it. */
import type { ReplicationSlot, Volume } from '../../agent-contract/observation.ts';
import { formatDuration, formatMinutes } from '../format/duration.ts';
import { formatBytes, formatBytesPerSecond, formatPercent } from '../format/quantity.ts';
import {
  inactiveMs,
  isFallingBack,
  isHolding,
  isKeepingWal,
  isSpare,
  mostRetaining,
  ratesOf,
  runwayOf,
  urgencyOfLoss,
  urgencyOfRunway,
  walVolumeOf,
} from '../slots/assessment.ts';
import type { Rates } from '../slots/assessment.ts';
import type { Sighting } from '../topology/sighting.ts';
import { slotNameOf } from '../topology/sighting.ts';
import type { Evidence, Severity } from './model.ts';
import type { Rule } from './rule.ts';
import { nodeRule } from './rule.ts';

/** A standby's restart takes less; a slot idle for longer has lost its consumer. */
export const SLOT_INACTIVE_MS = 60_000;
/** Both the share and the amount must be small: 8 % of 10 TB is plenty, and 1 GB of a 2 GB WAL volume is normal. */
const FREE_WARNING = { fraction: 0.1, bytes: 10 * 1024 ** 3 };
const FREE_CRITICAL = { fraction: 0.05, bytes: 5 * 1024 ** 3 };

const bytes = (value: number | null): Evidence => ({ kind: 'bytes', value });
const rate = (value: number | null): Evidence => ({ kind: 'bytesPerSecond', value });
const minutes = (value: number | null): Evidence => ({ kind: 'durationMs', value: value === null ? null : value * 60_000 });
const text = (value: string | null): Evidence => ({ kind: 'text', value });

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

/** How pressing the room on a volume is, whatever the rate. */
export function urgencyOfRoom({ freeBytes, sizeBytes }: Volume): Severity | null {
  const isBelow = (limit: typeof FREE_WARNING) => freeBytes < sizeBytes * limit.fraction && freeBytes < limit.bytes;
  return isBelow(FREE_CRITICAL) ? 'critical' : isBelow(FREE_WARNING) ? 'warning' : null;
}

const RANK: Record<Severity, number> = { info: 1, warning: 2, critical: 3 };

export function worse(a: Severity | null, b: Severity | null): Severity | null {
  if (a === null || b === null) return a ?? b;
  return RANK[a] >= RANK[b] ? a : b;
}

export const SLOT_AND_DISK_RULES: readonly Rule[] = [slotInactive, slotWillBeLost, slotLost, diskFilling];
