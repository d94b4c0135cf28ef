/** Reduces a node's card and a stream's label to flat values. A card is drawn again only when one of them changed. */
import { isYoungerThan } from '../../lib/domain/time/age.ts';
import type { Finding, Severity } from '../../lib/domain/findings/model.ts';
import { formatAge, formatDuration } from '../../lib/domain/format/duration.ts';
import { formatBytes, formatBytesPerSecond, formatPercent } from '../../lib/domain/format/quantity.ts';
import { byUrgency } from '../../lib/domain/topology/summary.ts';
import type { LinkView, NodeView, TablespacesView, VolumeView } from '../../lib/domain/topology/model.ts';
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
  /** `null` = nothing. */
  doing: string | null;
  /** Work is announced on it. */
  maintained: boolean;
}

/** Maintenance and operations on a node now. */
export type Work = Pick<NodeFace, 'doing' | 'maintained'>;
const NO_WORK: Work = { doing: null, maintained: false };

export function nodeFace(node: NodeView, findings: readonly Finding[], nowMs: number, work: Work = NO_WORK): NodeFace {
  const { word, tone } = NODE_STATE[node.state];
  const { doing, maintained } = work;
  const mine = findings.filter((finding) => finding.nodeName === node.name).sort(byUrgency);
  const disk = fullestVolume(node.volumes);
  const count = mine.length === 0 ? '' : `, ${mine.length} ${mine.length === 1 ? 'finding' : 'findings'}`;
  return {
    name: node.name,
    label: `${node.name}, ${ROLE_WORD[node.role]}, ${word}${count}${maintained ? ', under maintenance' : ''}${doing === null ? '' : `, in progress: ${doing}`}`,
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
    doing,
    maintained,
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
  return isYoungerThan(observedAt, CURRENT_AGE_MS, nowMs) ? null : formatAge(observedAt, nowMs);
}

export const usedFraction = (volume: VolumeView | TablespacesView['volumes'][number]): number =>
  volume.sizeBytes <= 0 ? 0 : Math.min(1, Math.max(0, 1 - volume.freeBytes / volume.sizeBytes));

export function diskTone(fraction: number): StateTone {
  return fraction >= DISK_BAD_FRACTION ? 'bad' : fraction >= DISK_WARN_FRACTION ? 'warn' : 'good';
}

/** The last value of a node that is not seen now is shown as past. */
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
  /** Not received yet. */
  lag: string;
  /** Received and not replayed, and the WAL rate. */
  flow: string;
  /** Everything, for the pointer and for screen readers. */
  title: string;
}

export function linkFace(link: LinkView): LinkFace {
  const { word, tone } = LINK_STATE[link.state];
  const terms = termsOf(link);
  const lag = `transport ${formatBytes(link.transportBytes)}`;
  const flow = `apply ${formatBytes(link.applyBytes)} · WAL ${formatBytesPerSecond(link.walBytesPerSecond)}`;
  const title = `${link.from} to ${link.to}: ${word}, ${terms}, ${lag}, ${flow}${link.stateReason === null ? '' : `. ${link.stateReason}`}`;
  return { from: link.from, to: link.to, state: word, tone, terms, termsTone: link.encrypted === false ? 'bad' : null, lag, flow, title };
}

function termsOf(link: LinkView): string {
  const sync = link.syncState === null ? 'sync unknown' : SYNC_WORD[link.syncState];
  const tls = tlsWords(link);
  return link.syncState === null && tls === 'TLS unknown' ? 'sync and TLS unknown' : `${sync} · ${tls}`;
}

/** Several streams drawn as one: how many flow, the worst of their figures, and what they have in common. */
export function bundleFace(from: string, to: string, links: readonly LinkView[], expected: number): LinkFace {
  const tones = links.map((link) => LINK_STATE[link.state].tone);
  const tone = links.length === 0 ? 'unknown' : worstTone(tones);
  const streaming = links.filter((link) => link.state === 'streaming').length;
  const terms = [...new Set(links.map(termsOf))];
  const state = links.length === 0 ? 'unknown' : `${streaming} of ${links.length} streaming`;
  const termsText =
    terms.length === 1 ? (terms[0] ?? '') : terms.length === 0 ? 'sync and TLS unknown' : `${terms.length} kinds of sync or TLS`;
  const lag = `transport ${largest(links, ({ transportBytes }) => transportBytes)}`;
  const flow = `apply ${largest(links, ({ applyBytes }) => applyBytes)}`;
  const elsewhere = expected > links.length ? ` ${expected - links.length} more of these nodes have another upstream, or none.` : '';
  const open = links.some((link) => link.encrypted === false);
  const title = `${from} to ${to}: ${state}, ${terms.join(' or ') || termsText}, ${lag}, ${flow}.${elsewhere}`;
  return { from, to, state, tone, terms: termsText, termsTone: open ? 'bad' : null, lag, flow, title };
}

/** `≤ 12 kB`; says when some are unknown, because the largest may be among those. */
function largest(links: readonly LinkView[], pick: (link: LinkView) => number | null): string {
  const known = links.map(pick).filter((value) => value !== null);
  if (known.length === 0) return 'unknown';
  return `≤ ${formatBytes(Math.max(...known))}${known.length < links.length ? `, ${links.length - known.length} unknown` : ''}`;
}

export interface GroupFace {
  id: string;
  /** `14 nodes`. */
  title: string;
  /** For screen readers and tests. */
  label: string;
  tone: StateTone;
  /** `12 streaming · 1 unknown`, worst first. */
  states: string;
  lag: string;
  findingCount: number;
  worstSeverity: Severity | null;
}

/** The card that stands for several nodes. */
export function groupFace(
  group: { id: string; provider: string; region: string },
  nodes: readonly NodeView[],
  findings: readonly Finding[],
): GroupFace {
  const names = new Set(nodes.map(({ name }) => name));
  const mine = findings.filter(({ nodeName }) => nodeName !== null && names.has(nodeName)).sort(byUrgency);
  const states = [...Map.groupBy(nodes, ({ state }) => state)]
    .map(([state, members]) => ({ ...NODE_STATE[state], count: members.length }))
    .sort((a, b) => TONE_RANK[a.tone] - TONE_RANK[b.tone] || b.count - a.count);
  const statesText = states.map(({ word, count }) => `${count} ${word}`).join(' · ');
  const known = nodes.filter(({ lag }) => lag.seconds !== null || lag.totalBytes !== null);
  const worst = known.reduce<NodeView | null>(
    (best, node) => (best === null || (node.lag.seconds ?? -1) > (best.lag.seconds ?? -1) ? node : best),
    null,
  );
  const lag = worst === null ? 'worst lag unknown' : `worst lag ${lagWords(worst.lag)}`;
  const title = `${nodes.length} nodes`;
  return {
    id: group.id,
    title,
    label: `${title} in ${group.provider} ${group.region}: ${statesText}, ${lag}. Show each of them`,
    tone: worstTone(states.map(({ tone }) => tone)),
    states: statesText,
    lag: known.length < nodes.length && worst !== null ? `${lag}, ${nodes.length - known.length} unknown` : lag,
    findingCount: mine.length,
    worstSeverity: mine[0]?.severity ?? null,
  };
}

/** Worst first. */
const TONE_RANK: Record<StateTone, number> = { bad: 0, unknown: 1, warn: 2, info: 3, good: 4 };
function worstTone(tones: readonly StateTone[]): StateTone {
  return [...tones].sort((a, b) => TONE_RANK[a] - TONE_RANK[b])[0] ?? 'unknown';
}

/** Needed by `memo` to leave a card alone. */
export function sameValues<T extends object>(a: T, b: T): boolean {
  const keys = Object.keys(a) as (keyof T)[];
  return keys.length === Object.keys(b).length && keys.every((key) => Object.is(a[key], b[key]));
}
