/**
 * Groups the nodes of a site into one card, so that two hundred nodes stay readable. A collapsed site is one node to the layout. The
 * primary is always drawn alone. Pure.
 */
import { siteKey } from './layout.ts';
import type { TopologyShape } from './layout-shape.ts';

/** With more nodes than this, sites start collapsed. */
export const COLLAPSE_ABOVE_NODES = 30;
/** Fewer cards than this are not worth hiding behind one. */
const GROUP_MEMBERS_MIN = 3;

export interface NodeGroup {
  /** Stands for its members in the grouped shape. No node is called so: PostgreSQL keeps no NUL in a text. */
  id: string;
  siteKey: string;
  provider: string;
  region: string;
  /** Names of the nodes that it stands for. */
  members: string[];
}

export interface GroupedShape {
  shape: TopologyShape;
  /** By id. */
  groups: Map<string, NodeGroup>;
  /** Sites that can be collapsed, whether or not they are. */
  collapsible: Set<string>;
}

/** `choices`: sites that the reader opened (`false`) or collapsed (`true`). */
export function groupShape(shape: TopologyShape, choices: ReadonlyMap<string, boolean>): GroupedShape {
  const byDefault = shape.nodes.length > COLLAPSE_ABOVE_NODES;
  const members = Map.groupBy(
    shape.nodes.filter((node) => node.name !== shape.primary),
    (node) => siteKey(node.site),
  );
  const groups = new Map<string, NodeGroup>();
  const collapsible = new Set<string>();
  const groupOf = new Map<string, string>();
  for (const [key, nodes] of members) {
    if (nodes.length < GROUP_MEMBERS_MIN) continue;
    collapsible.add(key);
    if (!(choices.get(key) ?? byDefault)) continue;
    const { provider, region } = nodes[0]!.site;
    const group = { id: `\0${key}`, siteKey: key, provider, region, members: nodes.map(({ name }) => name) };
    groups.set(group.id, group);
    for (const name of group.members) groupOf.set(name, group.id);
  }
  if (groups.size === 0) return { shape, groups, collapsible };
  const standIn = (name: string) => groupOf.get(name) ?? name;
  const alone = shape.nodes
    .filter((node) => !groupOf.has(node.name))
    .map((node) => ({ ...node, upstream: node.upstream === null ? null : standIn(node.upstream) }));
  const together = [...groups.values()].map((group) => {
    const nodes = members.get(group.siteKey) ?? [];
    const jurisdictions = [...new Set(nodes.map((node) => node.site.jurisdiction))].sort();
    const upstreams = nodes.flatMap(({ upstream }) => (upstream === null || standIn(upstream) === group.id ? [] : [standIn(upstream)]));
    return {
      name: group.id,
      site: { provider: group.provider, region: group.region, jurisdiction: jurisdictions.join(', ') },
      upstream: mostFrequent(upstreams),
    };
  });
  const nodes = [...alone, ...together].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return { shape: { primary: shape.primary, nodes }, groups, collapsible };
}

/** Of the most frequent ones, the first by code point; `null` when there is none. */
function mostFrequent(names: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const [first] = [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : a > b ? 1 : 0));
  return first?.[0] ?? null;
}
