/**
 * Defines the inputs of the domain's pure functions. All times are milliseconds since the epoch on the controller's clock; an agent's times
 * are already corrected by its offset.
 */
import type { NodeFacts } from '../../agent-contract/facts.ts';
import type { Observation } from '../../agent-contract/observation.ts';
import type { Finding } from '../findings/model.ts';
import type { ClusterPolicy } from '../policy/cluster-policy.ts';
import type { BoundSighting } from '../lag/bound-peak.ts';
import type { LastPrimary, Rpo, Site } from './model.ts';

/** One past sample, reduced to what trends and lag need. `null` = unknown at that moment. */
export interface HistoryPoint {
  atMs: number;
  /** Flush position of a node out of recovery. */
  flushLsn: bigint | null;
  receiveLsn: bigint | null;
  replayLsn: bigint | null;
  walBytesPerSecond: number | null;
  walFreeBytes: number | null;
  dataFreeBytes: number | null;
  archivedCount: number | null;
  archiveFailedCount: number | null;
}

/** Seconds of one-second points that a caller keeps for each node (newest last). */
export const HISTORY_SECONDS = 180;
/** Bucket and length of the WAL rate history behind p95: 10 s means over an hour. */
export const WAL_RATE_BUCKET_SECONDS = 10;
export const WAL_RATE_BUCKETS_MAX = 360;

/** A break between an agent's journal and the controller's copy of it. */
export interface JournalBreak {
  /** `anew`: another journal replaced it; `missing`: entries are lacking; `altered`: an entry was changed. */
  kind: 'anew' | 'missing' | 'altered';
  reason: string;
  atMs: number;
}

/** A promotion by an agent's own command line, from the chained journal. */
export interface BrokeGlass {
  term: number;
  atMs: number;
}

export interface NodeInput {
  name: string;
  site: Site;
  /** Expected in this cluster from now on; a node that was never enrolled is shown as such, not left out. */
  enrolled: boolean;
  latest: { observation: Observation; observedAtMs: number; receivedAtMs: number; agentVersion: string } | null;
  facts: NodeFacts | null;
  /** Why the node's identity is locked; `null` = it is not. */
  identityLockReason: string | null;
  /** The last one; `null` = there was none. */
  journalBreak: JournalBreak | null;
  /** The last one; `null` = there was none. */
  brokeGlass: BrokeGlass | null;
  history: readonly HistoryPoint[];
  walRateBuckets: readonly number[];
}

export interface ClusterInput {
  slug: string;
  name: string;
  policy: ClusterPolicy;
  /** Learned from the first primary; `null` until then. */
  systemIdentifier: string | null;
  /** `holder: null`: the term is open, and nobody may be primary. */
  leadership: { term: number; holder: string | null; timeline: number | null } | null;
  nodes: readonly NodeInput[];
  previousRpo: Rpo | null;
  /** From the last view: a primary that is down can't be queried. */
  previousLastPrimary?: LastPrimary | null;
  /** Recent data-loss bounds, of which the highest is held. */
  recentBounds: readonly BoundSighting[];
  openFindings: readonly Finding[];
}
