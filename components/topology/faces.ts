/**
 * What a node's card and a stream's label say, as flat values. A card is drawn again only when one of these changed, so that one
 * node's update touches only that node.
 */
import type { Finding, Severity } from '../../lib/domain/findings/model.ts';
import { formatAge, formatDuration } from '../../lib/domain/format/duration.ts';
import { formatBytes, formatBytesPerSecond, formatPercent } from '../../lib/domain/format/quantity.ts';
import { byUrgency } from '../../lib/domain/topology/summary.ts';
import type { LinkView, NodeView, VolumeView } from '../../lib/domain/topology/model.ts';
import { LINK_STATE, NODE_STATE, ROLE_WORD, SYNC_WORD, lagWords, tlsWords } from '../status/words.ts';
import type { StateTone } from '../status/words.ts';

/** Below this, a sample is simply current, and its age is not worth a reader's time. */
export const CURRENT_AGE_MS = 3_000;
/** Disks fuller than this are marked. */
const DISK_WARN_FRACTION = 0.8;
const DISK_BAD_FRACTION = 0.92;

export interface NodeFace {
  name: string;
  /** For screen readers and tests: `aws-use1-a, primary, writable`. */
  label: string;
  role: string;
  isPrimary: boolean;
  state: string;
  tone: StateTone;
  timeline: string;
  /** Two lines of figures. */
  first: string;
  second: string;
  diskText: string;
  diskUsedFraction: number | null;
  diskTone: StateTone;
  /** `seen 14 s ago`, when that is not now. */
  age: string | null;
  findingCount: number;
  worstSeverity: Severity | null;
}

export function nodeFace(node: NodeView, findings: readonly Finding[], nowMs: number): NodeFace {
  const { word, tone } = NODE_STATE[node.state];
  const mine = findings.filter((finding) => finding.nodeName === node.name).sort(byUrgency);
  const disk = fullestVolume(node.volumes);
  const count = mine.length === 0 ? '' : `, ${mine.length} ${mine.length === 1 ? 'finding' : 'findings'}`;
  return {
    name: node.name,
    label: `${node.name}, ${ROLE_WORD[node.role]}, ${word}${count}`,
    role: ROLE_WORD[node.role],
    isPrimary: node.role === 'primary',
    state: word,
    tone,
    timeline: node.timeline === null ? 'timeline unknown' : `timeline ${node.timeline}`,
    ...figures(node),
    diskText: disk === null ? 'disk unknown' : diskWords(disk, node.state === 'unknown'),
    diskUsedFraction: disk === null ? null : usedFraction(disk),
    diskTone: disk === null || node.state === 'unknown' ? 'unknown' : diskTone(usedFraction(disk)),
    age: ageText(node.observedAt, nowMs),
    findingCount: mine.length,
    worstSeverity: mine[0]?.severity ?? null,
  };
}

function figures(node: NodeView): Pick<NodeFace, 'first' | 'second'> {
  if (node.role === 'primary') {
    return { first: `commit ${formatDuration(node.commitMs)}`, second: `WAL ${formatBytesPerSecond(node.walBytesPerSecond)}` };
  }
  const { lag } = node;
  return {
    first: `lag ${lagWords(lag)}`,
    second:
      lag.transportBytes === null && lag.applyBytes === null
        ? 'transport and apply unknown'
        : `transport ${formatBytes(lag.transportBytes)} · apply ${formatBytes(lag.applyBytes)}`,
  };
}

/** `null` while the sample is current. */
export function ageText(observedAt: string | null, nowMs: number): string | null {
  return observedAt !== null && nowMs - Date.parse(observedAt) <= CURRENT_AGE_MS ? null : formatAge(observedAt, nowMs);
}

export const usedFraction = (volume: VolumeView): number =>
  volume.sizeBytes <= 0 ? 0 : Math.min(1, Math.max(0, 1 - volume.freeBytes / volume.sizeBytes));

export function diskTone(fraction: number): StateTone {
  return fraction >= DISK_BAD_FRACTION ? 'bad' : fraction >= DISK_WARN_FRACTION ? 'warn' : 'good';
}

/** What was seen last of a node that is not seen now is told as past. */
function diskWords(disk: VolumeView, past: boolean): string {
  return `${disk.purpose === 'wal' ? 'WAL' : disk.purpose} disk ${past ? 'was ' : ''}${formatPercent(usedFraction(disk))} used`;
}

function fullestVolume(volumes: readonly VolumeView[]): VolumeView | null {
  return [...volumes].sort((a, b) => usedFraction(b) - usedFraction(a))[0] ?? null;
}

export interface LinkFace {
  from: string;
  to: string;
  state: string;
  tone: StateTone;
  /** `async · TLS 1.3`. */
  terms: string;
  termsTone: StateTone | null;
  /** What has not arrived yet. */
  lag: string;
  /** Everything, for the pointer and for screen readers. */
  title: string;
}

export function linkFace(link: LinkView): LinkFace {
  const { word, tone } = LINK_STATE[link.state];
  const sync = link.syncState === null ? 'sync unknown' : SYNC_WORD[link.syncState];
  const tls = tlsWords(link);
  const terms = link.syncState === null && tls === 'TLS unknown' ? 'sync and TLS unknown' : `${sync} · ${tls}`;
  const lag = link.transportBytes === null ? 'transport unknown' : `transport ${formatBytes(link.transportBytes)}`;
  return {
    from: link.from,
    to: link.to,
    state: word,
    tone,
    terms,
    termsTone: link.encrypted === false ? 'bad' : null,
    lag,
    title: `${link.from} to ${link.to}: ${word}, ${terms}, ${lag}${link.stateReason === null ? '' : `. ${link.stateReason}`}`,
  };
}

/** Whether two flat records hold the same values: what `memo` needs to leave a card alone. */
export function sameValues<T extends object>(a: T, b: T): boolean {
  const keys = Object.keys(a) as (keyof T)[];
  return keys.length === Object.keys(b).length && keys.every((key) => Object.is(a[key], b[key]));
}
