import { describe, expect, test } from 'vitest';
import { NOW_MS, aClusterView } from '../../test/builders/index.ts';
import type { ClusterView } from '../../lib/domain/topology/model.ts';
import { groupShape } from './grouping.ts';
import { layoutTopology, topologyShape } from './layout.ts';
import { pictureFaces } from './picture.ts';
import { PALETTE_NAMES, topologySvg } from './svg-export.ts';
import type { Palette } from './svg-export.ts';

const palette = Object.fromEntries(PALETTE_NAMES.map((name) => [name, '#123456'])) as Palette;

function exported(view: ClusterView, choices = new Map<string, boolean>()): string {
  const { shape, groups } = groupShape(topologyShape(view, null), choices);
  const layout = layoutTopology(shape);
  return topologySvg({ layout, faces: pictureFaces({ view, layout, groups, nowMs: NOW_MS }), title: view.name, at: '2026-01-01' }, palette);
}

/** `view` with a node called otherwise, everywhere. */
const renamed = (view: ClusterView, from: string, to: string): ClusterView =>
  JSON.parse(JSON.stringify(view), (_, value: unknown) => (value === from ? to : value)) as ClusterView;

describe('the exported picture', () => {
  test('holds every node, its state and its streams', () => {
    const svg = exported(aClusterView());
    for (const words of ['aws-use1-a', 'writable', 'gcp-use4-a', 'streaming', 'async · TLS 1.3', 'transport', 'Google Cloud']) {
      expect(svg).toContain(words);
    }
    expect(svg.match(/<path d="M/g)).toHaveLength(3 + 5);
  });

  test('hostile names are inert text', () => {
    const hostile = `</text><script>alert(1)</script>"'&\u202e\ud800`;
    const svg = exported(renamed(aClusterView({ name: hostile }), 'gcp-use4-a', hostile));
    expect(svg).not.toMatch(/<script|\u202e|[\ud800-\udbff](?![\udc00-\udfff])|on\w+=|&(?!amp;|lt;|gt;|quot;|apos;)/);
    expect(svg.match(/<text /g)).toHaveLength(svg.match(/<\/text>/g)!.length);
  });

  test('figures are never cut: a line that is wide for its box is squeezed', () => {
    const svg = exported(aClusterView());
    expect(svg).toMatch(/textLength="\d+" lengthAdjust="spacingAndGlyphs"[^>]*>apply [^<…]+ · WAL [^<…]+\/s<\/text>/);
    expect(svg).not.toContain('…');
  });

  test('long names are cut to their box', () => {
    const svg = exported(renamed(aClusterView(), 'gcp-use4-a', 'n'.repeat(200)));
    expect(svg).toMatch(/n{10,40}…/);
    expect(svg).not.toContain('n'.repeat(60));
  });
});
