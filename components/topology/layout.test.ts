import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { layoutTopology, topologyShape } from './layout.ts';
import type { Box, TopologyShape } from './layout-shape.ts';

const site = (provider: string, region: string) => ({ provider, region, jurisdiction: 'US' });

const payments: TopologyShape = {
  primary: 'aws-use1-a',
  nodes: [
    { name: 'aws-use1-a', site: site('aws', 'us-east-1'), upstream: null },
    { name: 'aws-use1-b', site: site('aws', 'us-east-1'), upstream: 'aws-use1-a' },
    { name: 'gcp-use4-a', site: site('gcp', 'us-east4'), upstream: 'aws-use1-b' },
    { name: 'rax-dfw-a', site: site('rackspace', 'dfw'), upstream: 'aws-use1-a' },
  ],
};

/** Any cluster of 1 to 30 nodes: any upstreams, also cycles and none at all. */
const anyShape: fc.Arbitrary<TopologyShape> = fc
  .integer({ min: 1, max: 30 })
  .chain((count) =>
    fc.record({
      primary: fc.option(fc.nat(count - 1), { nil: null }),
      nodes: fc.array(fc.record({ provider: fc.nat(3), region: fc.nat(3), upstream: fc.option(fc.nat(count - 1), { nil: null }) }), {
        minLength: count,
        maxLength: count,
      }),
    }),
  )
  .map(({ primary, nodes }) => ({
    primary: primary === null ? null : `n${String(primary).padStart(2, '0')}`,
    nodes: nodes.map((node, index) => ({
      name: `n${String(index).padStart(2, '0')}`,
      site: site(`p${node.provider}`, `r${node.region}`),
      upstream:
        node.upstream === null || node.upstream === index || index === primary ? null : `n${String(node.upstream).padStart(2, '0')}`,
    })),
  }));

/** One site with many nodes, and one node elsewhere that feeds it or is fed by it. */
function bigSite(count: number, feeder: (index: number) => string | null, primary = 'other'): TopologyShape {
  const names = Array.from({ length: count }, (_unused, index) => `n${String(index).padStart(3, '0')}`);
  const elsewhere = { name: 'other', site: site('gcp', 'us-east4'), upstream: primary === 'other' ? null : names.at(-1)! };
  return {
    primary,
    nodes: [
      ...names.map((name, index) => ({ name, site: site('aws', 'us-east-1'), upstream: name === primary ? null : feeder(index) })),
      elsewhere,
    ],
  };
}

describe('a site with many nodes', () => {
  const shapes = {
    'all fed from another site': bigSite(24, () => 'other'),
    'one relay feeds the rest': bigSite(24, (index) => (index === 0 ? 'other' : 'n000')),
    'the primary is among them': bigSite(24, () => 'n000', 'n000'),
    'a chain through all of them': bigSite(24, (index) => (index === 0 ? 'other' : `n${String(index - 1).padStart(3, '0')}`)),
    'two hundred': bigSite(200, (index) => (index < 3 ? 'other' : `n00${index % 3}`)),
  };
  test.each(Object.entries(shapes))('%s: a picture as wide as it is tall, and no stream runs through a node', (_name, shape) => {
    const layout = layoutTopology(shape);
    expect(layout.height).toBeLessThan(shape.nodes.length > 100 ? 3_500 : 2_000);
    expect(firstOverlap([...layout.nodes, ...layout.links.map((link) => link.label)])).toBeNull();
    for (const link of layout.links) {
      const others = layout.nodes.filter(({ name }) => name !== link.from && name !== link.to);
      for (const line of straightParts(link.path)) expect(others.filter((box) => cross(box, line))).toEqual([]);
    }
  });
});

/** The straight parts of a path as boxes without width. */
function straightParts(path: string): Box[] {
  const numbers = [...path.matchAll(/(-?[\d.]+) (-?[\d.]+)(?= |$)/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }));
  return numbers.slice(1).map((point, index) => {
    const before = numbers[index]!;
    return {
      x: Math.min(point.x, before.x),
      y: Math.min(point.y, before.y),
      width: Math.abs(point.x - before.x),
      height: Math.abs(point.y - before.y),
    };
  });
}

const cross = (box: Box, line: Box): boolean =>
  line.x < box.x + box.width && box.x < line.x + line.width && line.y < box.y + box.height && box.y < line.y + line.height;

describe('layoutTopology', () => {
  test('the payments cluster: three columns at most, the primary left, its standby below it', () => {
    const layout = layoutTopology(payments);
    const at = (name: string) => layout.nodes.find((node) => node.name === name)!;
    expect(at('aws-use1-b').x).toBe(at('aws-use1-a').x);
    expect(at('aws-use1-b').y).toBeGreaterThan(at('aws-use1-a').y);
    expect(at('gcp-use4-a').x).toBeGreaterThan(at('aws-use1-a').x);
    expect(at('rax-dfw-a').x).toBe(at('gcp-use4-a').x);
    expect(layout.links).toHaveLength(3);
  });

  test('nothing overlaps, everything lies on the canvas and inside its site', () => {
    fc.assert(
      fc.property(anyShape, (shape) => {
        const layout = layoutTopology(shape);
        const solid = [...layout.nodes, ...layout.links.map((link) => link.label)];
        expect(firstOverlap(solid)).toBeNull();
        expect(firstOverlap(layout.sites)).toBeNull();
        const canvas = { x: 0, y: 0, width: layout.width, height: layout.height };
        for (const box of [...solid, ...layout.sites]) expect(contains(canvas, box)).toBe(true);
        for (const node of layout.nodes)
          expect(
            contains(
              layout.sites.find((box) => box.key === node.siteKey)!,
              node,
            ),
          ).toBe(true);
        expect(layout.nodes.map((node) => node.name).sort()).toEqual(shape.nodes.map((node) => node.name).sort());
      }),
    );
  });

  test('the same for the same cluster, in any order of its nodes', () => {
    fc.assert(
      fc.property(anyShape, (shape) => {
        const ordered = topologyShape(asView(shape), null);
        const reversed = topologyShape(asView({ ...shape, nodes: [...shape.nodes].reverse() }), null);
        expect(layoutTopology(reversed)).toEqual(layoutTopology(ordered));
      }),
    );
  });

  test('a node whose upstream becomes unknown stays where it was', () => {
    const before = topologyShape(asView(payments), null);
    const blind = { ...payments, primary: null, nodes: payments.nodes.map((node) => ({ ...node, upstream: null })) };
    expect(layoutTopology(topologyShape(asView(blind), before))).toEqual(layoutTopology(before));
  });

  test('hostile names are only names', () => {
    const name = '"]}<script>\u202e'.repeat(10);
    const layout = layoutTopology({ primary: name, nodes: [{ name, site: site(name, name), upstream: name }] });
    expect(layout.nodes).toHaveLength(1);
    expect(layout.links.every((link) => !link.path.includes('NaN'))).toBe(true);
  });
});

function asView(shape: TopologyShape): Parameters<typeof topologyShape>[0] {
  return {
    primary: shape.primary,
    nodes: shape.nodes.map((node) => ({ ...node, role: node.name === shape.primary ? 'primary' : 'standby' })),
  } as unknown as Parameters<typeof topologyShape>[0];
}

function firstOverlap(boxes: readonly Box[]): [Box, Box] | null {
  for (const [index, a] of boxes.entries()) {
    for (const b of boxes.slice(index + 1)) {
      const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
      if (!apart) return [a, b];
    }
  }
  return null;
}

function contains(outer: Box, inner: Box): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}
