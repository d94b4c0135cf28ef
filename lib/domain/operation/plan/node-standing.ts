/** One node in the leadership of its cluster: what its agent says, what the record says, and how it could be brought back. */
import type { Authority } from '../../../agent-contract/commands.ts';
import type { PlanningInput } from './inputs.ts';
import { reversionReadiness } from './reversion-readiness.ts';
import type { Readiness } from './reversion-readiness.ts';
import type { RejoinMethod } from '../model.ts';

export interface NodeStanding {
  serverTime: string;
  node: string;
  /** Of its agent, on the node's own disk; `null` = the agent says nothing of it, or never reported. */
  authority: Authority | null;
  observedAt: string | null;
  /** As recorded for the cluster; `null` = none was recorded yet. */
  leadership: { term: number; holder: string | null } | null;
  readiness: Record<RejoinMethod, Readiness>;
}

/** `null`: the picture has no such node. */
export function nodeStanding(input: PlanningInput, name: string): NodeStanding | null {
  const node = input.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) return null;
  const { leadership } = input;
  return {
    serverTime: new Date(input.nowMs).toISOString(),
    node: name,
    authority: node.observation?.authority ?? null,
    observedAt: node.observedAtMs === null ? null : new Date(node.observedAtMs).toISOString(),
    leadership: leadership === null ? null : { term: leadership.term, holder: leadership.holder },
    readiness: reversionReadiness(input, name),
  };
}
