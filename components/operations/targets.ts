/** Which nodes an operation may be about, and why not the others: for the choice on a plan's page and for every link that leads there. Pure. */
import type { OperationKind } from '../../lib/domain/operation/model.ts';
import type { ClusterView, NodeView, Site } from '../../lib/domain/topology/model.ts';
import { isSeenRunning } from '../../lib/domain/topology/seen.ts';
import { NODE_STATE, lagWords } from '../status/words.ts';

export interface TargetNode {
  name: string;
  site: Site;
  /** `null`: nothing was ever evaluated of it. */
  node: NodeView | null;
}

export interface TargetChoice {
  name: string;
  /** What the node is now. */
  note: string;
  /** Why not this one; `null` = it may be chosen. The checks of the plan decide in the end. */
  why: string | null;
}

/** One that refuses its agent's connection can be asked nothing. */
const runs = (node: NodeView): boolean => node.state !== 'refusing' && isSeenRunning(node);
const STREAMS: readonly NodeView['state'][] = ['streaming', 'catching-up'];

/** Every expected node of the cluster, also those that were never seen. */
export function targetNodes(view: ClusterView | null, registered: readonly { name: string; site: Site }[]): TargetNode[] {
  const seen = new Map(view?.nodes.map((node) => [node.name, node]));
  const known = registered.map(({ name, site }) => ({ name, site, node: seen.get(name) ?? null }));
  const names = new Set(registered.map(({ name }) => name));
  const others = (view?.nodes ?? []).filter(({ name }) => !names.has(name)).map((node) => ({ name: node.name, site: node.site, node }));
  return [...known, ...others];
}

export function targetChoices(kind: OperationKind, nodes: readonly TargetNode[], primary: string | null): TargetChoice[] {
  return nodes.map(({ name, node }) => ({ name, note: noteOf(node), why: whyNotTarget(kind, name, node, primary) }));
}

/** Why an operation can't be about this node, from its state alone; `null` = nothing speaks against it here. */
export function whyNotTarget(kind: OperationKind, name: string, node: NodeView | null, primary: string | null): string | null {
  const isPrimary = name === primary;
  const state = node === null ? 'not seen yet' : NODE_STATE[node.state].word;
  switch (kind) {
    case 'switchover':
      if (isPrimary) return 'It is the primary already.';
      return node !== null && STREAMS.includes(node.state) ? null : `It does not stream (${state}). Bring it back to streaming first.`;
    case 'failover':
      if (isPrimary) return 'It is the primary that would be replaced.';
      return node !== null && runs(node) ? null : `It is not seen running (${state}).`;
    case 'reversion':
      if (isPrimary) return 'It is the primary. Only a node that is not may be brought back.';
      if (node !== null && STREAMS.includes(node.state)) return 'It streams already. To make it the primary again, switch over to it.';
      return null;
    case 'add-standby':
      if (isPrimary) return 'It is the primary.';
      return node !== null && runs(node) ? `PostgreSQL runs on it already (${state}).` : null;
    case 're-parent':
      if (isPrimary) return 'It is the primary, which streams from nobody.';
      return node !== null && runs(node) ? null : `It is not seen running (${state}).`;
    case 'drop-slot':
    case 'restart':
    case 'reload':
      return node !== null && runs(node) ? null : `It is not seen running (${state}).`;
  }
}

/** From where a standby may stream. */
export function upstreamChoices(nodes: readonly TargetNode[], target: string | null): TargetChoice[] {
  const upstreamOf = new Map(nodes.map(({ name, node }) => [name, node?.upstream ?? null]));
  return nodes
    .filter(({ name }) => name !== target)
    .map(({ name, node }) => ({ name, note: noteOf(node), why: whyNotUpstream(name, node, target, upstreamOf) }));
}

function whyNotUpstream(
  name: string,
  node: NodeView | null,
  target: string | null,
  upstreamOf: ReadonlyMap<string, string | null>,
): string | null {
  if (node === null || !runs(node)) return `It is not seen running (${node === null ? 'not seen yet' : NODE_STATE[node.state].word}).`;
  if (target === null) return null;
  if (upstreamOf.get(target) === name) return `${target} streams from it already.`;
  const seen = new Set<string>();
  for (let at: string | null = name; at !== null && !seen.has(at); at = upstreamOf.get(at) ?? null) {
    if (at === target) return `It gets its own WAL by way of ${target}.`;
    seen.add(at);
  }
  return null;
}

function noteOf(node: NodeView | null): string {
  if (node === null) return 'not seen yet';
  const state = NODE_STATE[node.state].word;
  if (node.role === 'primary') return `primary, ${state}`;
  return `${node.role === 'standby' ? 'standby, ' : ''}${state}${node.role === 'standby' ? ` · lag ${lagWords(node.lag)}` : ''}`;
}
