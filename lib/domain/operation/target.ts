/** A node as a rule about targets sees it, from the view that screens and planners share. Reasons, not booleans. */
import type { ClusterView, NodeState, NodeView, Site } from '../topology/model.ts';
import { isSeenRunning } from '../topology/seen.ts';
import type { PlannedNode } from './model.ts';

export interface Target {
  name: string;
  /** `null`: nothing was ever evaluated of it. */
  node: NodeView | null;
  role: PlannedNode['role'];
  /** The slot through which it streams. */
  slot: string | null;
  /** Of the cluster, as far as it is seen. */
  primary: string | null;
  timelineOfPrimary: number | null;
}

const DOWN: ReadonlySet<NodeState> = new Set<NodeState>(['stopped', 'starting', 'stopping', 'fenced']);

/** Of a node that is down or out of sight nothing is promised but that it was there. */
export function roleOf(view: NodeView | null): PlannedNode['role'] {
  if (view === null) return 'unknown';
  if (DOWN.has(view.state)) return 'down';
  return isSeenRunning(view) ? view.role : 'unknown';
}

/** `null` view: no controller has looked at the cluster yet. */
export function targetOf(view: ClusterView | null, name: string, primary: string | null = view?.primary ?? null): Target {
  const find = (one: string | null) => view?.nodes.find((node) => node.name === one) ?? null;
  const node = find(name);
  return {
    ...{ name, node, role: roleOf(node), primary, timelineOfPrimary: find(primary)?.timeline ?? null },
    slot: view?.links.find(({ to }) => to === name)?.slotName ?? null,
  };
}

/** How a node is, in a sentence: “is down”. */
export const roleWord = (role: PlannedNode['role']): string =>
  ({ unknown: 'not seen now', down: 'down', primary: 'the primary', standby: 'a standby' })[role];

/** Why nothing can stream from there; empty = it can. `target` may not be chosen yet. */
export function whyNotUpstream(view: ClusterView | null, target: string | null, upstream: string): string[] {
  const from = targetOf(view, upstream);
  if (upstream === target) return [`${target} can’t follow itself. Choose another upstream.`];
  if (from.role === 'down') return [`${upstream} is stopped: no node can stream from it. Choose a node that runs.`];
  if (from.role === 'unknown') return [`${upstream} is not seen now. Choose a node that is seen.`];
  if (target === null) return [];
  const own = targetOf(view, target);
  if (own.role !== 'standby') return [];
  if (own.node?.upstream === upstream && own.slot !== null) return [`${target} follows ${upstream} already.`];
  if (streamsThrough(view, upstream, target)) {
    return [`${upstream} gets its WAL from ${target}: they would follow each other in a circle. Re-parent ${upstream} first.`];
  }
  const [held, given] = [own.node?.timeline ?? null, from.node?.timeline ?? null];
  if (held !== null && given !== null && held > given) {
    return [`${target} is on timeline ${held}, ${upstream} on ${given}: it holds another history. Revert it instead.`];
  }
  return [];
}

/** Directly or through others. */
function streamsThrough(view: ClusterView | null, name: string, ancestor: string): boolean {
  const seen = new Set<string>();
  const upstreamOf = (one: string): string | null => {
    const node = view?.nodes.find((other) => other.name === one) ?? null;
    return roleOf(node) === 'standby' ? (node?.upstream ?? null) : null;
  };
  let at = upstreamOf(name);
  while (at !== null && !seen.has(at)) {
    if (at === ancestor) return true;
    seen.add(at);
    at = upstreamOf(at);
  }
  return false;
}

export interface TargetNode {
  name: string;
  site: Site;
  /** `null`: nothing was ever evaluated of it. */
  node: NodeView | null;
}

/** Every expected node of the cluster, also those that were never seen. */
export function targetNodes(view: ClusterView | null, registered: readonly { name: string; site: Site }[]): TargetNode[] {
  const seen = new Map(view?.nodes.map((node) => [node.name, node]));
  const known = registered.map(({ name, site }) => ({ name, site, node: seen.get(name) ?? null }));
  const names = new Set(registered.map(({ name }) => name));
  const others = (view?.nodes ?? []).filter(({ name }) => !names.has(name)).map((node) => ({ name: node.name, site: node.site, node }));
  return [...known, ...others];
}
