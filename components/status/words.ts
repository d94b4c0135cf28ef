/** Chooses one word, one tone and one shape for each state: colour is never the only sign. */
import type { Severity } from '../../lib/domain/findings/model.ts';
import type { LeadershipView, LinkState, NodeState, Rpo } from '../../lib/domain/topology/model.ts';
import type { ProvenRecovery } from '../../lib/domain/topology/summary.ts';
import { shownBoundSeconds } from '../../lib/domain/lag/bound-peak.ts';
import { formatBytes } from '../../lib/domain/format/quantity.ts';
import { formatBoundSeconds, formatSeconds } from '../../lib/domain/format/duration.ts';

export type StateTone = 'good' | 'warn' | 'bad' | 'info' | 'unknown';

export const NODE_STATE: Record<NodeState, { word: string; tone: StateTone }> = {
  writable: { word: 'writable', tone: 'good' },
  streaming: { word: 'streaming', tone: 'good' },
  'catching-up': { word: 'catching up', tone: 'warn' },
  'replay-stalled': { word: 'replay stalled', tone: 'bad' },
  'not-receiving': { word: 'not receiving', tone: 'bad' },
  'not-writable': { word: 'not writable', tone: 'bad' },
  refusing: { word: 'refusing connections', tone: 'warn' },
  starting: { word: 'starting', tone: 'warn' },
  stopping: { word: 'stopping', tone: 'warn' },
  'not-responding': { word: 'not responding', tone: 'bad' },
  stopped: { word: 'stopped', tone: 'bad' },
  fenced: { word: 'fenced', tone: 'bad' },
  unknown: { word: 'unknown', tone: 'unknown' },
};

export const LINK_STATE: Record<LinkState, { word: string; tone: StateTone }> = {
  streaming: { word: 'streaming', tone: 'good' },
  catchup: { word: 'catching up', tone: 'warn' },
  startup: { word: 'starting', tone: 'warn' },
  backup: { word: 'base backup', tone: 'info' },
  stopping: { word: 'stopping', tone: 'warn' },
  down: { word: 'down', tone: 'bad' },
  unknown: { word: 'unknown', tone: 'unknown' },
};

export const SEVERITY: Record<Severity, { word: string; tone: StateTone }> = {
  critical: { word: 'critical', tone: 'bad' },
  warning: { word: 'warning', tone: 'warn' },
  info: { word: 'info', tone: 'info' },
};

/** Unknown roles come with broken or never seen nodes: the word must not look like a role. */
export const ROLE_WORD = { primary: 'primary', standby: 'standby', unknown: 'role unknown' } as const;

type RpoFigures = Pick<Rpo, 'state' | 'boundSeconds' | 'heldBoundSeconds' | 'boundBytes'>;

/** The RPO state in a few words, such as `Best effort ≤ 1 s`. */
export function rpoWords(rpo: RpoFigures): { words: string; tone: StateTone } {
  switch (rpo.state) {
    case 'guaranteed-zero':
      return { words: 'Guaranteed 0', tone: 'good' };
    case 'best-effort':
      return {
        words: `Best effort ≤ ${rpo.boundSeconds !== null ? formatBoundSeconds(shownBoundSeconds(rpo)) : formatBytes(rpo.boundBytes)}`,
        tone: 'info',
      };
    case 'unknown':
      return { words: 'Unknown', tone: 'unknown' };
  }
}

/** The unrounded figures, for the pointer; `null` when there is nothing finer. */
export function rpoMeasured(rpo: RpoFigures): string | null {
  if (rpo.state !== 'best-effort' || rpo.boundSeconds === null) return null;
  const now = `measured now ${formatSeconds(rpo.boundSeconds)}${rpo.boundBytes === null ? '' : `, ${formatBytes(rpo.boundBytes)}`}`;
  return `${now}; highest of the last minute ${formatSeconds(shownBoundSeconds(rpo))}`;
}

/** How it came that the present primary leads. */
export const LEADERSHIP_SOURCE: Record<LeadershipView['source'], string> = {
  'first-seen': 'at first observation',
  'outside-the-tool': 'changed outside Farshore',
  operation: 'by an operation of Farshore',
  'break-glass': 'by break-glass on the node',
};

/** The recovery that was proven last. The word “never” is the truth until a drill has measured one. */
export function recoveryWords(proven: ProvenRecovery | null): { words: string; note: string; tone: StateTone } {
  if (proven === null) return { words: 'never tested', note: 'no drill yet', tone: 'unknown' };
  return { words: `RTO ${formatSeconds(proven.rtoSeconds)}`, note: `proven ${proven.provenAt.slice(0, 10)}`, tone: 'good' };
}

/** The lag of a standby in a line, seconds first; `unknown` when neither figure is known. */
export function lagWords(lag: { seconds: number | null; totalBytes: number | null }): string {
  if (lag.seconds === null && lag.totalBytes === null) return 'unknown';
  if (lag.seconds === null) return formatBytes(lag.totalBytes);
  return lag.totalBytes === null ? formatSeconds(lag.seconds) : `${formatSeconds(lag.seconds)} · ${formatBytes(lag.totalBytes)}`;
}

export const SYNC_WORD = { async: 'async', potential: 'potential sync', sync: 'sync', quorum: 'quorum sync' } as const;

/** How a stream is protected; never silent about an open one. */
export function tlsWords(link: { tls: { version: string } | null; encrypted: boolean | null }): string {
  if (link.tls !== null) return link.tls.version.replace(/^TLSv/i, 'TLS ');
  return link.encrypted === false ? 'no TLS' : 'TLS unknown';
}

/** Providers by the names people know them by; any other as it was given. */
const PROVIDERS: Record<string, string> = {
  aws: 'AWS',
  gcp: 'Google Cloud',
  azure: 'Azure',
  az: 'Azure',
  rackspace: 'Rackspace',
  rax: 'Rackspace',
  oci: 'Oracle Cloud',
};
export function providerName(provider: string): string {
  const key = provider.toLowerCase();
  return Object.hasOwn(PROVIDERS, key) ? (PROVIDERS[key] ?? provider) : provider;
}

/** An objective as people say it; 0 seconds of loss is a promise of its own. */
export function objectiveWords(seconds: number | null): string {
  if (seconds === null) return 'not set';
  return seconds === 0 ? 'no loss' : `≤ ${formatSeconds(seconds)}`;
}
