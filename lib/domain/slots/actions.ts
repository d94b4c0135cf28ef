/**
 * Lists what can be done about a slot at risk, cheapest and safest first: bring its consumer back, raise its limit, drop it. Texts only; an
 * action that is not possible says why.
 */
import type { ReplicationSlot, Volume } from '../../agent-contract/observation.ts';
import { formatMinutes } from '../format/duration.ts';
import { formatBytes } from '../format/quantity.ts';
import type { NodeView } from '../topology/model.ts';
import { formatSettingMegabytes } from './setting-bytes.ts';

export interface SlotAction {
  title: string;
  text: string;
  /** To be typed in psql on the node that holds the slot; `null`: there is nothing to type. */
  command: string | null;
  /** `false`: it does not help or is not safe here, and `text` says why. */
  possible: boolean;
}

export interface SlotActionInput {
  slot: ReplicationSlot;
  /** The node that holds the slot. */
  holder: string;
  /** The node that the slot is for, as seen now; `null`: none of this cluster. */
  owner: Pick<NodeView, 'name' | 'state' | 'stateReason'> | null;
  volume: Volume | null;
  /** `max_slot_wal_keep_size` in bytes; -1 = no limit, `null` = unknown. */
  keepSizeBytes: number | null;
  /** WAL that the other slots of the node retain at most. */
  othersRetainedBytes: number;
  presentBytesPerSecond: number | null;
  /** Size of a new base backup; `null` = unknown. */
  databaseBytes: number | null;
}

/** Kept free of kept WAL: the server needs space for the WAL between two checkpoints, and people for their work. */
const RESERVE_FRACTION = 0.2;
const RAISE_MIN_BYTES = 64 * 1024 ** 2;

export function slotActions(input: SlotActionInput): SlotAction[] {
  return input.slot.walStatus === 'lost'
    ? [catchUpFromArchive(input), cloneAnew(input), dropSlot(input)]
    : [bringBack(input), raiseLimit(input), dropSlot(input)];
}

function bringBack({ owner, slot }: SlotActionInput): SlotAction {
  if (owner === null) {
    const text =
      slot.type === 'logical'
        ? `No node of this cluster is named after this slot: start the subscriber that reads ${slot.name} again.`
        : `No node of this cluster is named after this slot. Find out whose it is first: usually a forgotten receiver.`;
    return { title: 'Bring the consumer back', text, command: null, possible: true };
  }
  const seen = owner.stateReason === null ? `${owner.name} is seen as ${owner.state}.` : owner.stateReason;
  return {
    title: `Bring ${owner.name} back`,
    text: `Costs nothing: it streams the retained WAL, and the slot advances. ${seen}`,
    command: null,
    possible: true,
  };
}

function raiseLimit(input: SlotActionInput): SlotAction {
  const { slot, volume, keepSizeBytes, presentBytesPerSecond, holder } = input;
  const title = 'Raise max_slot_wal_keep_size';
  const no = (text: string): SlotAction => ({ title, text, command: null, possible: false });
  if (keepSizeBytes === null) return no(`The setting of ${holder} is unknown now.`);
  if (keepSizeBytes < 0) return no(`It has no limit on ${holder}: the disk is the limit. Bring the consumer back or drop the slot.`);
  if (volume === null) return no(`Free space on the WAL volume of ${holder} is unknown now.`);
  const retained = slot.retainedBytes ?? 0;
  const allowed = retained + volume.freeBytes - volume.sizeBytes * RESERVE_FRACTION;
  const free = `${formatBytes(volume.freeBytes)} of ${formatBytes(volume.sizeBytes)} are free on the WAL volume`;
  if (allowed < keepSizeBytes + RAISE_MIN_BYTES) {
    return no(`The disk does not allow it: ${free}, and a fifth should stay free. Enlarge the volume first.`);
  }
  // Doubling buys as much time again; more is for a person to decide, who sees how far the disk goes.
  const wanted = Math.min(allowed, 2 * Math.max(keepSizeBytes, retained));
  const target = Math.floor(wanted / RAISE_MIN_BYTES) * RAISE_MIN_BYTES;
  const further = allowed >= target + RAISE_MIN_BYTES ? ` The disk would allow up to ${formatBytes(allowed)}.` : '';
  const gainedMinutes =
    presentBytesPerSecond === null || presentBytesPerSecond < 1024 ? null : (target - keepSizeBytes) / presentBytesPerSecond / 60;
  const gained = gainedMinutes === null ? '' : ` Gains ${formatMinutes(gainedMinutes)} at the present rate.`;
  return {
    title,
    text: `From ${formatBytes(keepSizeBytes)} to ${formatBytes(target)}: ${free}, ${further === '' ? 'a fifth stays free' : 'well over a fifth stays free'}.${gained}${further} Takes effect on reload; holds for every slot of ${holder}.`,
    command: `ALTER SYSTEM SET max_slot_wal_keep_size = '${formatSettingMegabytes(target)}';\nSELECT pg_reload_conf();`,
    possible: true,
  };
}

function dropSlot(input: SlotActionInput): SlotAction {
  const { slot, owner, othersRetainedBytes } = input;
  const command = `SELECT pg_drop_replication_slot('${slot.name.replaceAll("'", "''")}');`;
  const lost = slot.walStatus === 'lost';
  const freed = slot.retainedBytes === null ? null : Math.max(0, slot.retainedBytes - othersRetainedBytes);
  const frees = lost
    ? 'Frees nothing: its WAL was removed already.'
    : freed === null
      ? 'How much it frees is unknown.'
      : freed === 0
        ? 'Frees nothing: other slots retain the same WAL.'
        : `Frees up to ${formatBytes(freed)} of WAL at the next checkpoint.`;
  const cost =
    slot.type === 'logical'
      ? 'Cost: the subscriber loses its position and must copy its tables again.'
      : lost
        ? 'A new slot of the same name can then be created for the new copy.'
        : `Cost: ${owner?.name ?? 'its standby'} can’t continue from here without the archive, and then needs ${baseBackup(input)}.`;
  return {
    title: 'Drop the slot',
    text: `${frees} ${cost}${slot.active ? ' Its consumer must be disconnected first.' : ''}`,
    command,
    possible: true,
  };
}

function catchUpFromArchive({ owner }: SlotActionInput): SlotAction {
  return {
    title: 'Let it catch up from the archive',
    text: `If the archive reaches back far enough (see Archive & backups), set restore_command on ${owner?.name ?? 'the standby'} and restart it: no re-clone is needed.`,
    command: null,
    possible: true,
  };
}

function cloneAnew(input: SlotActionInput): SlotAction {
  return { title: `Re-clone ${input.owner?.name ?? 'the standby'}`, text: `Takes ${baseBackup(input)}.`, command: null, possible: true };
}

function baseBackup({ databaseBytes }: SlotActionInput): string {
  return databaseBytes === null
    ? 'a new base backup (size unknown: no backup was seen)'
    : `a new base backup of ${formatBytes(databaseBytes)} (the size of the newest backup)`;
}
