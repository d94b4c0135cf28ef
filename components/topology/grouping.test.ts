import { describe, expect, test } from 'vitest';
import { COLLAPSE_ABOVE_NODES, groupShape } from './grouping.ts';
import { layoutTopology, siteKey } from './layout.ts';
import type { TopologyShape } from './layout-shape.ts';

const site = (region: string) => ({ provider: 'aws', region, jurisdiction: 'US' });
const NO_CHOICES = new Map<string, boolean>();

/** A primary and its standbys over some regions; those of other regions follow the first of their region. */
function bigShape(count: number, regions: number): TopologyShape {
  const name = (index: number) => `n${String(index).padStart(3, '0')}`;
  return {
    primary: name(0),
    nodes: Array.from({ length: count }, (_, index) => {
      const region = index % regions;
      const upstream = index === 0 ? null : index < regions || region === 0 ? name(0) : name(region);
      return { name: name(index), site: site(`r${region}`), upstream };
    }),
  };
}

describe('grouping of big clusters', () => {
  test('up to thirty nodes are drawn one by one', () => {
    const shape = bigShape(COLLAPSE_ABOVE_NODES, 5);
    const grouped = groupShape(shape, NO_CHOICES);
    expect(grouped.shape).toBe(shape);
    expect(grouped.collapsible.size).toBe(5);
  });

  test('two hundred nodes in eight sites: nine cards, each node in exactly one, and a picture of a bounded size', () => {
    const grouped = groupShape(bigShape(200, 8), NO_CHOICES);
    expect(grouped.shape.nodes).toHaveLength(9);
    const members = [...grouped.groups.values()].flatMap((group) => group.members);
    expect(new Set([...members, 'n000']).size).toBe(200);
    expect(members).toHaveLength(199);
    const layout = layoutTopology(grouped.shape);
    expect(layout.height).toBeLessThan(2_000);
    expect(layout.links).toHaveLength(8);
  });

  test('an opened site shows its nodes, fed by the card that stands for their upstream', () => {
    const shape = bigShape(200, 8);
    const grouped = groupShape(shape, new Map([[siteKey(site('r3')), false]]));
    expect(grouped.shape.nodes.filter((node) => node.site.region === 'r3')).toHaveLength(25);
    expect(grouped.groups.has(`\0${siteKey(site('r3'))}`)).toBe(false);
    expect(grouped.shape.nodes.find((node) => node.name === 'n011')?.upstream).toBe('n003');
  });

  test('sites that feed each other, and nodes that follow nobody, are drawn all the same', () => {
    const nodes = Array.from({ length: 40 }, (_, index) => ({
      name: `n${index}`,
      site: site(index % 2 === 0 ? 'a' : 'b'),
      upstream: index < 4 ? null : `n${(index + 1) % 40}`,
    }));
    const grouped = groupShape({ primary: null, nodes }, NO_CHOICES);
    expect(grouped.shape.nodes).toHaveLength(2);
    expect(layoutTopology(grouped.shape).nodes).toHaveLength(2);
  });

  test('the primary is never hidden', () => {
    expect(groupShape(bigShape(200, 1), NO_CHOICES).shape.nodes.map(({ name }) => name)).toContain('n000');
  });
});
