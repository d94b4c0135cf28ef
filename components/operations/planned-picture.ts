/** What the pictures before and after a plan say of each node. Pure. */
import type { PlannedNode, PlannedTopology } from '../../lib/domain/operation/model.ts';
import type { Site } from '../../lib/domain/topology/model.ts';
import type { StateTone } from '../status/words.ts';
import type { TopologyShape } from '../topology/layout-shape.ts';

export type SiteOf = ReadonlyMap<string, Pick<Site, 'provider' | 'region' | 'jurisdiction'>>;

const UNPLACED = { provider: 'unknown', region: 'place unknown', jurisdiction: '' };

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

/** What of a node is other than in the other picture; empty = nothing. */
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
