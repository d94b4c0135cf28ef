/** Puts the parts of one evaluation together into what is stored and shown. */
import type { Finding } from '../findings/model.ts';
import type { Topology } from './assemble.ts';
import type { ClusterInput } from './inputs.ts';
import type { ClusterView, LeadershipView, Rpo } from './model.ts';

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
    synchronousStandbyNames: synchronousNames(input, topology),
    objectives: { rtoSeconds: input.rtoObjectiveSeconds, rpoSeconds: input.rpoObjectiveSeconds },
    computedAt: new Date(nowMs).toISOString(),
    nodes: topology.nodes,
    links: topology.links,
    rpo,
    findings: [...findings],
  };
}

/** Of the primary that answers; else as the last view had it, because a change of primary must know it when there is none to ask. */
function synchronousNames(input: ClusterInput, topology: Topology): string | null {
  const primary = topology.outOfRecovery.length === 1 ? topology.outOfRecovery[0] : undefined;
  const seen = input.nodes.find(({ name }) => name === primary)?.latest?.observation.postgres?.synchronousStandbyNames;
  return seen ?? input.previousSynchronousStandbyNames ?? null;
}

function leadershipView(leadership: RecordedLeadership): LeadershipView | null {
  if (leadership?.since === undefined || leadership.source === undefined) return null;
  return { holder: leadership.holder, since: leadership.since, source: leadership.source };
}
