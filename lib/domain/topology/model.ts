/**
 * Describes a cluster at one moment: computed by the controller, stored, and read by every screen, API answer and report. Unknown is
 * `null`, never 0; every figure that ages carries when it was observed.
 */
import type { Finding } from '../findings/model.ts';
import type { ClusterPolicy } from '../policy/cluster-policy.ts';
import type { LeadershipSource } from '../leadership/store.ts';

export interface Site {
  provider: string;
  region: string;
  zone: string;
  /** ISO 3166 code, or `EU`. */
  jurisdiction: string;
}

export type Role = 'primary' | 'standby' | 'unknown';

/**
 * One word for a node, worst first; node-state.ts decides which. `fenced` is stopped by its agent until it is reverted, `not-writable` is
 * out of recovery while the commit probe fails.
 */
export type NodeState =
  | 'unknown'
  | 'fenced'
  | 'stopped'
  | 'not-responding'
  | 'starting'
  | 'stopping'
  | 'refusing'
  | 'not-writable'
  | 'not-receiving'
  | 'replay-stalled'
  | 'catching-up'
  | 'streaming'
  | 'writable';

/** Lag of a standby behind its cluster's primary, never one number. All `null` when it can't be known. */
export interface Lag {
  /** Primary's WAL position minus what the standby has received. */
  transportBytes: number | null;
  /** Received minus replayed. */
  applyBytes: number | null;
  /** Primary's WAL position minus what the standby has replayed. */
  totalBytes: number | null;
  /** Age of the oldest heartbeat or WAL position of the primary that the standby has not replayed; 0 = none. */
  seconds: number | null;
  /** Ages of the two samples compared, and why the lag is unknown if it is. */
  primaryObservedAt: string | null;
  standbyObservedAt: string | null;
  reason: string | null;
}

/** Three separate facts (DESIGN §4). `null` = unknown. */
export interface ReplicationState {
  receiving: boolean | null;
  replaying: boolean | null;
}

export interface VolumeView {
  purpose: 'data' | 'wal';
  sizeBytes: number;
  freeBytes: number;
}

/** Volumes that hold tablespaces only. */
export interface TablespacesView {
  volumes: { mountPoint: string; sizeBytes: number; freeBytes: number }[];
  /** Tablespaces and volumes of which nothing is known. */
  more: number;
}

/** An agent's capability and its knowledge of leadership, from its own disk. */
export interface NodeAuthorityView {
  /** `acts`: it performs commands; `observes`: it is installed to watch only; `unable`: it would, but `obstacles` are in the way. */
  control: 'acts' | 'observes' | 'unable';
  obstacles: string[];
  termSeen: number | null;
  /** `null` for an agent that only observes. */
  role: 'unclaimed' | 'leader' | 'follower' | 'fenced' | null;
  fenced: { at: string; reason: string } | null;
  /** The data directory must not be started. */
  unusable: { since: string; reason: string } | null;
  /** Verbs of the commands under way. */
  performing: string[];
}

export interface NodeView {
  name: string;
  role: Role;
  /** The node it streams from (or is configured to); `null` for a primary or when unknown. */
  upstream: string | null;
  site: Site;
  timeline: number | null;
  state: NodeState;
  /** One sentence why the state is what it is; always there when the state is not `streaming` or `writable`. */
  stateReason: string | null;
  /** When the agent last reported anything, corrected for its clock; `null` = never. */
  observedAt: string | null;
  serverVersion: string | null;
  systemIdentifier: string | null;
  /** Current write position of a primary, replay position of a standby. */
  lsn: string | null;
  lag: Lag;
  replication: ReplicationState | null;
  commitMs: number | null;
  walBytesPerSecond: number | null;
  volumes: VolumeView[];
  /** `null` = unknown; absent in views that an older controller stored. */
  tablespaces?: TablespacesView | null;
  connections: { used: number; limit: number } | null;
  clockOffsetMs: number | null;
  agentVersion: string | null;
  /** `null` = its agent never reported; absent in views that an older controller stored. */
  authority?: NodeAuthorityView | null;
}

export type LinkState = 'streaming' | 'catchup' | 'startup' | 'backup' | 'stopping' | 'down' | 'unknown';

/** The stream of WAL from an upstream to a standby, as seen from both ends. */
export interface LinkView {
  from: string;
  to: string;
  state: LinkState;
  /** Why the state is `down` or `unknown`, or what the two ends disagree about. */
  stateReason: string | null;
  syncState: 'async' | 'potential' | 'sync' | 'quorum' | null;
  tls: { version: string; cipher: string } | null;
  /** `null` = unknown; `false` = seen, and not encrypted. */
  encrypted: boolean | null;
  slotName: string | null;
  transportBytes: number | null;
  applyBytes: number | null;
  /** From `pg_stat_replication`, as the upstream measures it. */
  writeLagMs: number | null;
  replayLagMs: number | null;
  walBytesPerSecond: number | null;
  observedAt: string | null;
}

/**
 * Data lost if the primary were lost now: `guaranteed-zero` only while a synchronous standby in another failure domain is acknowledging;
 * `best-effort` with a measured bound; else `unknown`.
 */
export interface Rpo {
  state: 'guaranteed-zero' | 'best-effort' | 'unknown';
  /** As it was just measured. */
  boundSeconds: number | null;
  /** Its highest value of the last minute (lag/bound-peak.ts), which screens show; absent in views stored before there was one. */
  heldBoundSeconds?: number | null;
  boundBytes: number | null;
  /** The standby that would take over with that bound. */
  bestStandby: string | null;
  reason: string;
  since: string;
}

/** Facts that only a running primary can report, kept for when it is down: a change of primary needs them. */
export interface LastPrimary {
  name: string;
  /** Its WAL position then. */
  lsn: string | null;
  observedAt: string;
  timeline: number;
  synchronousStandbyNames: string;
}

/** Since when the present primary leads, and how Farshore knows. */
export interface LeadershipView {
  /** `null` while the term is open: an operation has taken it from one node and not given it to another yet. */
  holder: string | null;
  since: string;
  source: LeadershipSource;
}

export interface ClusterView {
  slug: string;
  name: string;
  systemIdentifier: string | null;
  /** Number of the current leadership; `null` until a primary was seen. */
  term: number | null;
  primary: string | null;
  /** `null` until a primary was seen; absent in views that an older controller stored. */
  leadership?: LeadershipView | null;
  /** The primary as it was seen last; `null` = never; absent in views that an older controller stored. */
  lastPrimary?: LastPrimary | null;
  /** The settings that it was computed with. */
  policy: ClusterPolicy;
  /** For a web application of the release before, which knows no `policy`. */
  objectives: { rtoSeconds: number | null; rpoSeconds: number | null };
  /** When the controller computed this. A view that is not renewed is stale, and every screen says so. */
  computedAt: string;
  nodes: NodeView[];
  links: LinkView[];
  rpo: Rpo;
  findings: Finding[];
}
