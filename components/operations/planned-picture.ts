/** Describes each node in the topologies before and after a plan. Pure. */
import type { PlannedNode, PlannedTopology } from '../../lib/domain/operation/model.ts';
import type { Site } from '../../lib/domain/topology/model.ts';
import type { StateTone } from '../status/words.ts';
import type { TopologyShape } from '../topology/layout-shape.ts';

export type SiteOf = ReadonlyMap<string, Pick<Site, 'provider' | 'region' | 'jurisdiction'>>;

export const UNPLACED = { provider: 'unknown', region: 'place unknown', jurisdiction: '' };

export const ROLE: Record<PlannedNode['role'], { word: string; tone: StateTone }> = {
  primary: { word: 'primary', tone: 'good' },
  standby: { word: 'standby', tone: 'info' },
  down: { word: 'down', tone: 'bad' },
  unknown: { word: 'unknown', tone: 'unknown' },
};

export function plannedShape(topology: PlannedTopology, siteOf: SiteOf): TopologyShape {
  const names = new Set(topology.nodes.map(({ name }) => name));
  return {
    primary: topology.primary,
    nodes: topology.nodes
      .map(({ name, upstream }) => ({
        name,
        site: siteOf.get(name) ?? UNPLACED,
        upstream: upstream !== null && names.has(upstream) && upstream !== name ? upstream : null,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** Each node after the one it streams from, one deeper; the primary first, and last who streams from nobody that is known. */
export function plannedRows({ nodes, primary }: PlannedTopology): { node: PlannedNode; depth: number }[] {
  const names = new Set(nodes.map(({ name }) => name));
  const rows: { node: PlannedNode; depth: number }[] = [];
  const add = (node: PlannedNode, depth: number): void => {
    if (rows.some((row) => row.node === node)) return;
    rows.push({ node, depth });
    for (const other of sorted.filter(({ upstream }) => upstream === node.name)) add(other, depth + 1);
  };
  const sorted = [...nodes].sort((a, b) => Number(b.name === primary) - Number(a.name === primary) || (a.name < b.name ? -1 : 1));
  for (const node of sorted) if (node.name === primary || node.upstream === null || !names.has(node.upstream)) add(node, 0);
  // Nodes that follow each other in a circle.
  for (const node of sorted) add(node, 0);
  return rows;
}

/** Differences of a node from the other topology; empty = none. */
export function changesOf(node: PlannedNode, other: PlannedTopology): string[] {
  const before = other.nodes.find(({ name }) => name === node.name);
  if (before === undefined) return ['new'];
  return [
    ...(before.role === node.role ? [] : ['role']),
    ...(before.upstream === node.upstream ? [] : ['upstream']),
    ...(before.slot === node.slot || before.upstream !== node.upstream ? [] : ['slot']),
  ];
}

/** `ANY 1 (aws-use1-b, rax-dfw-a)`; “none” where nobody waits for a standby. */
export function synchronousWords(synchronous: PlannedTopology['synchronous']): string {
  return synchronous === null ? 'none' : `${synchronous.method} ${synchronous.required} (${synchronous.standbys.join(', ')})`;
}

/** The picture in words, for who can't see it. */
export function topologyWords(topology: PlannedTopology): string {
  const parts = topology.nodes.map(({ name, role, upstream }) =>
    role === 'standby'
      ? `${name} is a standby of ${upstream ?? 'nobody'}`
      : `${name} is ${role === 'primary' ? 'the primary' : ROLE[role].word}`,
  );
  return `${parts.join('; ')}.`;
}
