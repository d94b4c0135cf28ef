/** Everything the slots page shows of a cluster: every slot, whose it is, how long it lasts, and the volumes that pay for it. */
import type { ReplicationSlot } from '../../agent-contract/observation.ts';
import type { SubjectKind } from '../findings/finding-kind.ts';
import { isUnknownWord } from '../postgres/unknown-word.ts';
import type { Finding, Severity } from '../findings/model.ts';
import { findingKind } from '../findings/registry.ts';
import type { RuleContext } from '../findings/rule.ts';
import { settingOf } from '../findings/rule.ts';
import { worse } from '../findings/severity.ts';
import type { NodeState, Role, Site } from '../topology/model.ts';
import { WAL_RATE_BUCKET_SECONDS } from '../topology/inputs.ts';
import type { Sighting } from '../topology/sighting.ts';
import { slotNameOf } from '../topology/sighting.ts';
import type { SlotAction } from './actions.ts';
import { slotActions } from './actions.ts';
import type { Rates } from './assessment.ts';
import {
  inactiveMs,
  isFallingBack,
  isHolding,
  isKeepingWal,
  isSpare,
  ratesOf,
  runwayOf,
  urgencyOfLoss,
  urgencyOfRunway,
  walVolumeOf,
  SLOT_INACTIVE_MS,
  urgencyOfFreeSpace,
} from './assessment.ts';
import type { ForecastPair } from './forecast.ts';
import { NO_LIMIT, UNKNOWN_FORECAST, forecastOf } from './forecast.ts';
import { parseSettingMegabytes } from './setting-bytes.ts';

/**
 * `waiting` for a consumer that was there; `spare`: kept ready for a change of primary, its node streams from elsewhere; `unused`: retains
 * no WAL; `unknown`: PostgreSQL reports a word that this release does not know.
 */
export type SlotUse = 'feeding' | 'waiting' | 'spare' | 'unused' | 'lost' | 'unknown';

export interface SlotRow {
  name: string;
  type: ReplicationSlot['type'];
  temporary: boolean;
  active: boolean;
  use: SlotUse;
  /** The node that the slot is named after by Farshore's convention; `null`: none of this cluster. */
  owner: { name: string; state: NodeState } | null;
  walStatus: ReplicationSlot['walStatus'];
  retainedBytes: number | null;
  safeWalBytes: number | null;
  inactiveSince: string | null;
  xminAge: number | null;
  catalogXminAge: number | null;
  severity: Severity | null;
  /** If nothing takes from it any more. For a slot that moves on with its consumer that is an "if", and the page says so. */
  untilLost: ForecastPair;
  untilDiskFull: ForecastPair;
  /** Ordered; empty when the slot is no risk. */
  actions: SlotAction[];
}

export interface VolumeRow {
  /** Both where WAL has no volume of its own. */
  holds: ('data' | 'wal')[];
  mountPoint: string;
  sizeBytes: number;
  freeBytes: number;
  severity: Severity | null;
  takesWal: boolean;
  /**
   * `all`: WAL written now stays (the forecast is not an "if"); `up-to-a-limit`: some of it, and the limit comes before the disk is full;
   * `released`. `null` = unknown.
   */
  keeps: 'all' | 'up-to-a-limit' | 'released' | null;
  untilFull: ForecastPair;
}

export interface StorageNode {
  name: string;
  role: Role;
  site: Site;
  /** `null`: never. */
  observedAt: string | null;
  /** Seen now. Otherwise slots and volumes are what was seen last. */
  fresh: boolean;
  /** Why slots are unknown; `null` when they are known. */
  problem: string | null;
  slots: SlotRow[];
  /** At most so many slots are reported by an agent; `true` when there may be more. */
  slotsTruncated: boolean;
  volumes: VolumeRow[];
  walDirectoryBytes: number | null;
  presentBytesPerSecond: number | null;
  p95BytesPerSecond: number | null;
  /** How far back the rates behind the p95 reach; `null`: none are there. */
  p95WindowMs: number | null;
  /** `max_slot_wal_keep_size` as the server prints it; `null` = unknown. */
  keepSize: string | null;
}

export interface SlotBoard {
  computedAt: string;
  nodes: StorageNode[];
}

/** Slots in one report of an agent. */
const SLOTS_REPORTED_MAX = 256;

/** The board at `context.nowMs`. `findings` are the cluster's open ones: what they call critical is never shown as less. */
export function slotBoard(context: RuleContext, findings: readonly Finding[]): SlotBoard {
  return {
    computedAt: new Date(context.nowMs).toISOString(),
    nodes: [...context.sightings.values()].map((sighting) => storageNode(sighting, context, findings)),
  };
}

function storageNode(sighting: Sighting, context: RuleContext, findings: readonly Finding[]): StorageNode {
  const { node, name, role, fresh, postgres } = sighting;
  const rates = fresh ? ratesOf(sighting, context.nowMs)() : { present: null, p95: null };
  const keepSize = settingOf(node.facts, 'max_slot_wal_keep_size');
  const buckets = node.walRateBuckets.length;
  return {
    name,
    role,
    site: node.site,
    observedAt: sighting.observedAtMs === null ? null : new Date(sighting.observedAtMs).toISOString(),
    fresh,
    problem: problemOf(sighting),
    slots: (postgres?.slots ?? []).map((slot) => slotRow(slot, sighting, context, rates, findings)),
    slotsTruncated: (postgres?.slots.length ?? 0) >= SLOTS_REPORTED_MAX,
    volumes: volumeRows(sighting, context, rates, findings),
    walDirectoryBytes: postgres?.walDirectoryBytes ?? null,
    presentBytesPerSecond: rates.present,
    p95BytesPerSecond: rates.p95,
    p95WindowMs: buckets === 0 ? null : buckets * WAL_RATE_BUCKET_SECONDS * 1000,
    keepSize,
  };
}

function problemOf({ observation, postgres, fresh, name }: Sighting): string | null {
  if (observation === null) return `The agent of ${name} has never reported.`;
  if (postgres === null)
    return observation.server.message ?? `PostgreSQL on ${name} is ${observation.server.state.replace('-', ' ')}: its slots can’t be read.`;
  return fresh ? null : `Its agent does not report. These are the last values seen; the present state is unknown.`;
}

function slotRow(slot: ReplicationSlot, sighting: Sighting, context: RuleContext, rates: Rates, findings: readonly Finding[]): SlotRow {
  const volume = walVolumeOf(sighting.observation?.volumes ?? []);
  const ownerName = [...context.sightings.keys()].find((name) => slotNameOf(name) === slot.name) ?? null;
  const ownerView = ownerName === null ? null : (context.views.get(ownerName) ?? null);
  const use = slotUse(slot, sighting, context);
  const severity = sighting.fresh ? severityOf(slot, use, sighting, context, rates, findings) : null;
  const at = (roomBytes: number | null): ForecastPair => ({
    present: forecastOf(roomBytes, rates.present),
    p95: forecastOf(roomBytes, rates.p95),
  });
  const { name, type, temporary, active, walStatus, retainedBytes, safeWalBytes, inactiveSince, xminAge, catalogXminAge } = slot;
  const keepSizeBytes = parseSettingMegabytes(settingOf(sighting.node.facts, 'max_slot_wal_keep_size'));
  const unlimited = safeWalBytes === null && use !== 'unknown' && walStatus !== null && slot.restartLsn !== null && use !== 'lost';
  return {
    ...{ name, type, temporary, active, use, walStatus, retainedBytes, safeWalBytes, inactiveSince, xminAge, catalogXminAge },
    owner: ownerView === null ? null : { name: ownerView.name, state: ownerView.state },
    severity,
    untilLost: !sighting.fresh ? UNKNOWN_FORECAST : unlimited ? NO_LIMIT : at(use === 'lost' ? 0 : safeWalBytes),
    untilDiskFull: sighting.fresh ? at(volume?.freeBytes ?? null) : UNKNOWN_FORECAST,
    actions:
      severity === null || severity === 'info'
        ? []
        : slotActions({
            slot,
            holder: sighting.name,
            owner: ownerView,
            volume,
            keepSizeBytes,
            othersRetainedBytes: othersRetained(slot, sighting),
            presentBytesPerSecond: rates.present,
            databaseBytes: databaseBytesOf(context),
          }),
  };
}

function slotUse(slot: ReplicationSlot, sighting: Sighting, context: RuleContext): SlotUse {
  if (slot.walStatus === 'lost') return 'lost';
  if (isUnknownWord(slot.walStatus) || isUnknownWord(slot.type)) return 'unknown';
  if (slot.active) return 'feeding';
  if (!isHolding(slot)) return 'unused';
  return isSpare(slot, sighting, context) ? 'spare' : 'waiting';
}

function severityOf(
  slot: ReplicationSlot,
  use: SlotUse,
  sighting: Sighting,
  context: RuleContext,
  rates: Rates,
  findings: readonly Finding[],
): Severity | null {
  const found = worstFinding(findings, sighting.name, slot.name, 'slot');
  if (use === 'lost')
    return worse(found, [...context.sightings.keys()].some((node) => slotNameOf(node) === slot.name) ? 'critical' : 'warning');
  const idleMs = inactiveMs(sighting, slot);
  const spareAndSafe = use === 'spare' && slot.walStatus !== 'unreserved';
  const loss = isFallingBack(slot) && !spareAndSafe ? urgencyOfLoss(slot, idleMs, runwayOf(sighting, slot, rates)) : null;
  const idle = use === 'waiting' && (idleMs ?? 0) >= SLOT_INACTIVE_MS ? 'warning' : null;
  return worse(found, worse(loss, idle));
}

function worstFinding(findings: readonly Finding[], nodeName: string, subject: string, kind: SubjectKind): Severity | null {
  return findings
    .filter((finding) => finding.nodeName === nodeName && finding.subject === subject && findingKind(finding.code).subject === kind)
    .reduce<Severity | null>((worst, { severity }) => worse(worst, severity), null);
}

/** WAL that other slots of the node keep anyway: dropping one slot does not free it. */
function othersRetained(slot: ReplicationSlot, { postgres }: Sighting): number {
  const others = (postgres?.slots ?? []).filter((other) => other.name !== slot.name && other.walStatus !== 'lost');
  return Math.max(0, ...others.map((other) => other.retainedBytes ?? 0));
}

/** By the newest backup that any node knows of. */
function databaseBytesOf({ input }: RuleContext): number | null {
  const backups = input.nodes.flatMap(({ facts }) => facts?.backupRepository?.backups ?? []);
  return backups.sort((a, b) => Date.parse(b.finishedAt) - Date.parse(a.finishedAt))[0]?.databaseBytes ?? null;
}

/** One row a file system: two purposes on one mount point share its free space. */
function volumeRows(sighting: Sighting, context: RuleContext, rates: Rates, findings: readonly Finding[]): VolumeRow[] {
  const volumes = sighting.observation?.volumes ?? [];
  const wal = walVolumeOf(volumes);
  const keeps = keepsOf(sighting, context);
  return [...Map.groupBy(volumes, ({ mountPoint }) => mountPoint).values()].map((together): VolumeRow => {
    // The one whose figures the findings use, if it is among them.
    const volume = together.find((one) => one === wal) ?? together[0]!;
    const takesWal = volume === wal;
    const purposes = together.map(({ purpose }) => purpose);
    const { mountPoint, sizeBytes, freeBytes } = volume;
    const forecast = takesWal && keeps === 'all' ? urgencyOfRunway(runwayOf(sighting, null, rates)) : null;
    const found = purposes.map((purpose) => worstFinding(findings, sighting.name, purpose, 'volume')).reduce(worse, null);
    const pair = { present: forecastOf(freeBytes, rates.present), p95: forecastOf(freeBytes, rates.p95) };
    return {
      ...{ mountPoint, sizeBytes, freeBytes, takesWal },
      holds: takesWal && !purposes.includes('wal') ? [...purposes, 'wal'] : purposes,
      keeps: takesWal ? keeps : 'released',
      severity: sighting.fresh ? worse(found, worse(urgencyOfFreeSpace(volume), forecast)) : null,
      untilFull: sighting.fresh && takesWal ? pair : UNKNOWN_FORECAST,
    };
  });
}

function keepsOf(sighting: Sighting, context: RuleContext): VolumeRow['keeps'] {
  const { live } = sighting;
  if (live === null) return null;
  if (isKeepingWal(sighting, context)) return 'all';
  return live.slots.some((slot) => isHolding(slot) && !isSpare(slot, sighting, context)) ? 'up-to-a-limit' : 'released';
}
