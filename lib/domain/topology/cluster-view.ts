/** Puts the parts of one evaluation together into what is stored and shown. */
import type { Finding } from '../findings/model.ts';
import type { Topology } from './assemble.ts';
import type { ClusterInput } from './inputs.ts';
import type { ClusterView, LastPrimary, LeadershipView, Rpo } from './model.ts';

/** When it began is known of a leadership on record, not of one that a test made up. */
type RecordedLeadership = (NonNullable<ClusterInput['leadership']> & Partial<Pick<LeadershipView, 'since' | 'source'>>) | null;

/** `leadership` is the current one, after this evaluation's change if there was one; `null` until a primary was seen. */
export function buildClusterView(
  input: ClusterInput,
  topology: Topology,
  rpo: Rpo,
  leadership: RecordedLeadership,
  findings: readonly Finding[],
  nowMs: number,
): ClusterView {
  return {
    slug: input.slug,
    name: input.name,
    systemIdentifier: input.systemIdentifier ?? topology.nodes.find((node) => node.name === topology.primary)?.systemIdentifier ?? null,
    term: leadership?.term ?? null,
    primary: topology.primary,
    leadership: leadershipView(leadership),
    lastPrimary: lastPrimary(input, topology),
    policy: input.policy,
    objectives: { rtoSeconds: input.policy.rtoObjectiveSeconds, rpoSeconds: input.policy.rpoObjectiveSeconds },
    computedAt: new Date(nowMs).toISOString(),
    nodes: topology.nodes,
    links: topology.links,
    rpo,
    findings: [...findings],
  };
}

/** The one that answers; else as the last view had it. Between two that are out of recovery nothing is concluded. */
function lastPrimary(input: ClusterInput, topology: Topology): LastPrimary | null {
  const name = topology.outOfRecovery.length === 1 ? topology.outOfRecovery[0] : undefined;
  const latest = input.nodes.find((node) => node.name === name)?.latest;
  const postgres = latest?.observation.postgres;
  if (latest == null || postgres == null) return input.previousLastPrimary ?? null;
  const { flushLsn, insertLsn, timeline, synchronousStandbyNames } = postgres;
  return {
    name: name!,
    lsn: flushLsn ?? insertLsn,
    observedAt: new Date(latest.observedAtMs).toISOString(),
    timeline,
    synchronousStandbyNames,
  };
}

function leadershipView(leadership: RecordedLeadership): LeadershipView | null {
  if (leadership?.since === undefined || leadership.source === undefined) return null;
  return { holder: leadership.holder, since: leadership.since, source: leadership.source };
}
