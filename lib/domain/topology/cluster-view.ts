/** Puts the parts of one evaluation together into what is stored and shown. */
import type { Finding } from '../findings/model.ts';
import type { Topology } from './assemble.ts';
import type { ClusterInput } from './inputs.ts';
import type { ClusterView, Rpo } from './model.ts';

/** `leadership` is the current one, after this evaluation's change if there was one; `null` until a primary was seen. */
export function buildClusterView(
  input: ClusterInput,
  topology: Topology,
  rpo: Rpo,
  leadership: ClusterInput['leadership'],
  findings: readonly Finding[],
  nowMs: number,
): ClusterView {
  return {
    slug: input.slug,
    name: input.name,
    systemIdentifier: input.systemIdentifier ?? topology.nodes.find((node) => node.name === topology.primary)?.systemIdentifier ?? null,
    term: leadership?.term ?? null,
    primary: topology.primary,
    objectives: { rtoSeconds: input.rtoObjectiveSeconds, rpoSeconds: input.rpoObjectiveSeconds },
    computedAt: new Date(nowMs).toISOString(),
    nodes: topology.nodes,
    links: topology.links,
    rpo,
    findings: [...findings],
  };
}
