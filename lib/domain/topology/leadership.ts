/** Concludes the primary and its term from what is seen. */
import type { LeadershipSource } from '../leadership/store.ts';
import type { Verdict } from '../leadership/witnesses.ts';
import type { Topology } from './assemble.ts';
import type { ClusterInput } from './inputs.ts';

export interface Leadership {
  term: number;
  /** `null` while the term is open. */
  holder: string | null;
  timeline: number | null;
  /** ISO instant at which this leadership was first noticed. */
  since: string;
  source: LeadershipSource;
}

export interface ConcludedLeadership extends Leadership {
  holder: string;
  timeline: number;
  source: 'first-seen' | 'outside-the-tool';
}

export type LeadershipObservation =
  | { kind: 'unchanged' }
  | { kind: 'first-seen'; leadership: ConcludedLeadership }
  | { kind: 'changed'; leadership: ConcludedLeadership; previousHolder: string | null };

/**
 * Concludes only from one writable node whose timeline is not older than the recorded one: no old primary that returns, and neither of two.
 * A holder other than the recorded one needs witnesses (docs/decisions/0032).
 */
export function observeLeadership(
  current: ClusterInput['leadership'],
  topology: Topology,
  verdicts: readonly Verdict[],
  nowMs: number,
): LeadershipObservation {
  const [holder, ...others] = topology.outOfRecovery;
  if (holder === undefined || others.length > 0) return { kind: 'unchanged' };
  const node = topology.nodes.find(({ name }) => name === holder);
  const timeline = node?.timeline ?? null;
  // Its own agent has it on disk that this node was taken out of the leadership: it is about to be stopped, not to lead.
  if (timeline === null || node?.authority?.role === 'fenced') return { kind: 'unchanged' };
  const since = new Date(nowMs).toISOString();
  if (current === null) return { kind: 'first-seen', leadership: { term: 1, holder, timeline, since, source: 'first-seen' } };
  // A later timeline under the same holder means that it was a standby in between and was promoted: a new leadership too.
  const isNew = holder === current.holder ? timeline > (current.timeline ?? timeline) : timeline >= (current.timeline ?? 0);
  if (!isNew) return { kind: 'unchanged' };
  const isBelieved = verdicts.some(({ claim, believed }) => claim.node === holder && believed);
  if (holder !== current.holder && !isBelieved) return { kind: 'unchanged' };
  return {
    kind: 'changed',
    leadership: { term: current.term + 1, holder, timeline, since, source: 'outside-the-tool' },
    previousHolder: current.holder,
  };
}
