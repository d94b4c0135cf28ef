/** The nodes that a form offers, each with what it is now and why it can't be chosen. Pure. */
import type { Kind } from '../../lib/domain/operation/kind.ts';
import { targetOf, whyNotUpstream } from '../../lib/domain/operation/target.ts';
import type { TargetNode } from '../../lib/domain/operation/target.ts';
import type { ClusterView, NodeView } from '../../lib/domain/topology/model.ts';
import { NODE_STATE, lagWords } from '../status/words.ts';

export interface TargetChoice {
  name: string;
  /** The node's present state. */
  note: string;
  /** Why not this one; `null` = it may be chosen. The checks of the plan decide in the end. */
  why: string | null;
}

export const whyNotTarget = (kind: Kind, name: string, view: ClusterView | null): string | null =>
  kind.targetRule(targetOf(view, name)).join(' ') || null;

export function targetChoices(kind: Kind, nodes: readonly TargetNode[], view: ClusterView | null): TargetChoice[] {
  return nodes.map(({ name, node }) => ({ name, note: noteOf(node), why: whyNotTarget(kind, name, view) }));
}

/** From where a standby may stream. */
export function upstreamChoices(nodes: readonly TargetNode[], target: string | null, view: ClusterView | null): TargetChoice[] {
  return nodes
    .filter(({ name }) => name !== target)
    .map(({ name, node }) => ({ name, note: noteOf(node), why: whyNotUpstream(view, target, name).join(' ') || null }));
}

function noteOf(node: NodeView | null): string {
  if (node === null) return 'not seen yet';
  const state = NODE_STATE[node.state].word;
  if (node.role === 'primary') return `primary, ${state}`;
  return `${node.role === 'standby' ? 'standby, ' : ''}${state}${node.role === 'standby' ? ` · lag ${lagWords(node.lag)}` : ''}`;
}
