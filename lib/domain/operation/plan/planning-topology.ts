/**
 * The structure of a cluster, which is all that a plan depends on: roles, upstreams, slots, synchronous standbys, poolers, terms. What is
 * measured (lag, ages, sizes) stays out, so that a plan keeps its hash while the topology keeps its shape.
 */
import type { SynchronousStandbys } from '../../../agent-contract/primitives.ts';
import type { ReplicationSlot } from '../../../agent-contract/observation.ts';
import { parseSyncNames } from '../../postgres/sync-names.ts';
import type { NodeView } from '../../topology/model.ts';
import { isSeenNow, isSeenRunning } from '../../topology/seen.ts';
import { slotNameOf } from '../../topology/sighting.ts';
import { provenTerm } from '../../leadership/proven-term.ts';
import type { PlannedNode, PlannedTopology } from '../model.ts';
import { roleOf } from '../target.ts';
import type { PlanningInput, PlanningNode } from './inputs.ts';

export interface PictureNode {
  name: string;
  planned: PlannedNode;
  view: NodeView | null;
  planning: PlanningNode;
  /** `null` = its server does not answer. */
  slots: readonly ReplicationSlot[] | null;
}

export interface Picture {
  input: PlanningInput;
  /** Of the record; with no primary in sight, when nobody can bring a record from a backup up to date, the highest that agents have seen. */
  term: number;
  before: PlannedTopology;
  nodes: ReadonlyMap<string, PictureNode>;
  /** Timeline of the cluster: the primary's, else the newest that is on record or seen. `null` = unknown. */
  timeline: number | null;
  /** Each pooler, and the nodes whose agents can steer it and are seen, in order of name. */
  poolers: ReadonlyMap<string, readonly string[]>;
}

/** `null` while no primary was ever seen: then there is no term to start from. */
export function pictureOf(input: PlanningInput): Picture | null {
  if (input.leadership === null) return null;
  const nodes = new Map(input.nodes.map((planning) => [planning.name, pictureNode(input, planning)]));
  const writable = [...nodes.values()].filter(({ planned }) => planned.role === 'primary');
  const primary = writable.length === 1 ? writable[0]! : null;
  const timelines = [...nodes.values()].map(({ view }) => view?.timeline ?? 0);
  return {
    input,
    term: primary === null ? provenTerm(input.leadership.term, termsSeen(input)) : input.leadership.term,
    before: {
      primary: primary?.name ?? null,
      synchronous: synchronousOf(input, primary?.planning ?? null),
      nodes: [...nodes.values()].map(({ planned }) => planned),
    },
    nodes,
    timeline: primary?.view?.timeline ?? (Math.max(input.leadership.timeline ?? 0, ...timelines) || null),
    poolers: poolersOf(nodes),
  };
}

const termsSeen = ({ nodes }: PlanningInput): number[] => nodes.flatMap(({ observation }) => observation?.authority?.termSeen ?? []);

function pictureNode(input: PlanningInput, planning: PlanningNode): PictureNode {
  const view = input.view.nodes.find(({ name }) => name === planning.name) ?? null;
  const link = input.view.links.find(({ to }) => to === planning.name);
  const role = roleOf(view);
  const follows = role === 'standby' ? (view?.upstream ?? null) : null;
  const planned: PlannedNode = { name: planning.name, role, upstream: follows, slot: follows === null ? null : (link?.slotName ?? null) };
  const answers = view !== null && isSeenRunning(view);
  return { name: planning.name, planned, view, planning, slots: answers ? (planning.observation?.postgres?.slots ?? null) : null };
}

/** Of the primary as it is, else as it was last seen: while it is down, its setting can't be asked. */
function synchronousOf(input: PlanningInput, primary: PlanningNode | null): SynchronousStandbys {
  return toSynchronous(primary?.observation?.postgres?.synchronousStandbyNames ?? input.view.lastPrimary?.synchronousStandbyNames ?? '');
}

/** The setting in parts; `*` (any standby) stays as it is. */
export function toSynchronous(setting: string): SynchronousStandbys {
  const parsed = parseSyncNames(setting);
  if (parsed === null || parsed.required < 1) return null;
  return { method: parsed.method === 'any' ? 'ANY' : 'FIRST', required: parsed.required, standbys: parsed.members };
}

function poolersOf(nodes: ReadonlyMap<string, PictureNode>): Map<string, string[]> {
  const poolers = new Map<string, string[]>();
  for (const { name, view, planning } of nodes.values()) {
    if (view === null || !isSeenNow(view)) continue;
    for (const pooler of planning.observation?.authority?.poolers ?? []) {
      poolers.set(pooler.name, [...(poolers.get(pooler.name) ?? []), name].toSorted());
    }
  }
  return new Map([...poolers].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The standbys that stream from this node now, in order of name. */
export const childrenOf = (picture: Picture, name: string): PlannedNode[] =>
  picture.before.nodes.filter(({ role, upstream }) => role === 'standby' && upstream === name);

export const hasSlot = (picture: Picture, holder: string, slot: string): boolean =>
  picture.nodes.get(holder)?.slots?.some(({ name }) => name === slot) ?? false;

/** The agent that steers a pooler: one of the preferred if it can, else the first by name that can. */
export function poolerAgent(
  picture: Picture,
  pooler: string,
  preferred: readonly string[],
  without: readonly string[] = [],
): string | null {
  const able = (picture.poolers.get(pooler) ?? []).filter((name) => !without.includes(name));
  return preferred.find((name) => able.includes(name)) ?? able[0] ?? null;
}

/** The picture after a change, node by node. */
export function topologyAfter(
  before: PlannedTopology,
  primary: string | null,
  synchronous: SynchronousStandbys,
  changes: Readonly<Record<string, Partial<PlannedNode>>>,
): PlannedTopology {
  return { primary, synchronous, nodes: before.nodes.map((node) => ({ ...node, ...changes[node.name] })) };
}

/** As a standby of this upstream, through its own slot. */
export const followerOf = (name: string, upstream: string): Partial<PlannedNode> => ({ role: 'standby', upstream, slot: slotNameOf(name) });
export const asPrimary: Partial<PlannedNode> = { role: 'primary', upstream: null, slot: null };

/** The new primary takes the place of the old in the list of those that a commit waits for. */
export function swapSynchronous(synchronous: SynchronousStandbys, newPrimary: string, oldPrimary: string | null): SynchronousStandbys {
  if (synchronous === null || !synchronous.standbys.includes(newPrimary)) return synchronous;
  const standbys = synchronous.standbys.flatMap((name) => (name !== newPrimary ? [name] : oldPrimary === null ? [] : [oldPrimary]));
  return standbys.length === 0 ? null : { ...synchronous, required: Math.min(synchronous.required, standbys.length), standbys };
}

/** The same cluster with one node standing elsewhere, for a plan that continues after it was moved. */
export function pictureWith(picture: Picture, name: string, change: Partial<PlannedNode>): Picture {
  const node = picture.nodes.get(name);
  if (node === undefined) return picture;
  const nodes = new Map(picture.nodes).set(name, { ...node, planned: { ...node.planned, ...change } });
  return { ...picture, nodes, before: { ...picture.before, nodes: [...nodes.values()].map(({ planned }) => planned) } };
}
