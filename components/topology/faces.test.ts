import { describe, expect, test } from 'vitest';
import { ageClusterView, unknownLag } from '../../lib/domain/topology/age.ts';
import { NOW_MS, aClusterView } from '../../test/builders/index.ts';
import { bundleFace, diskTone, groupFace, linkFace, nodeFace, sameValues, usedFraction } from './faces.ts';

const view = aClusterView();
const node = (name: string, of = view) => of.nodes.find((candidate) => candidate.name === name)!;

describe('faces of nodes and streams', () => {
  test('the name of a card is the node, its role and its state', () => {
    expect(nodeFace(node('aws-use1-a'), [], NOW_MS).label).toBe('aws-use1-a, primary, writable');
    expect(nodeFace(node('rax-dfw-a'), [], NOW_MS).label).toBe('rax-dfw-a, standby, streaming');
  });

  test('a second later a card that says the same is the same, so that it is not drawn again', () => {
    const later = { ...node('rax-dfw-a'), lsn: '0/FFFFFF', observedAt: new Date(NOW_MS + 900).toISOString() };
    expect(sameValues(nodeFace(node('rax-dfw-a'), [], NOW_MS), nodeFace(later, [], NOW_MS + 1_000))).toBe(true);
    expect(sameValues(nodeFace(node('rax-dfw-a'), [], NOW_MS), nodeFace(later, [], NOW_MS + 60_000))).toBe(false);
  });

  test('what is old shows no figure, only that it is unknown', () => {
    const aged = ageClusterView(view, NOW_MS + 60_000);
    for (const agedNode of aged.nodes) {
      const face = nodeFace(agedNode, [], NOW_MS + 60_000);
      expect(face.tone).toBe('unknown');
      expect(`${face.first} ${face.second}`).not.toMatch(/\d/);
      expect(face.age).toContain('ago');
    }
    for (const link of aged.links) expect(linkFace(link)).toMatchObject({ tone: 'unknown', lag: 'transport unknown' });
  });

  test('disks', () => {
    expect(usedFraction({ purpose: 'data', sizeBytes: 0, freeBytes: 0 })).toBe(0);
    expect(usedFraction({ purpose: 'data', sizeBytes: 100, freeBytes: 25 })).toBe(0.75);
    expect([0.5, 0.85, 0.95].map(diskTone)).toEqual(['good', 'warn', 'bad']);
  });

  test('a stream says what is missing on its way, what waits to be replayed, and how fast WAL comes', () => {
    const [link] = view.links;
    expect(linkFace({ ...link!, transportBytes: 2048, applyBytes: 0, walBytesPerSecond: null })).toMatchObject({
      lag: 'transport 2 kB',
      flow: 'apply 0 bytes · WAL unknown',
    });
  });

  test('several streams as one: the worst of them, and never a figure that hides an unknown one', () => {
    const [link] = view.links;
    const known = { ...link!, transportBytes: 2048, applyBytes: 0 };
    const down = { ...known, to: 'x', state: 'down' as const, transportBytes: null };
    expect(bundleFace('a', 'b', [known, down], 4)).toMatchObject({
      tone: 'bad',
      state: '1 of 2 streaming',
      lag: 'transport ≤ 2 kB, 1 unknown',
    });
    expect(bundleFace('a', 'b', [known, down], 4).title).toContain('2 more');
    expect(bundleFace('a', 'b', [], 3)).toMatchObject({ tone: 'unknown', state: 'unknown', lag: 'transport unknown' });
  });

  test('several nodes as one card: counts of states, worst first', () => {
    const nodes = [node('aws-use1-b'), node('rax-dfw-a'), { ...node('gcp-use4-a'), state: 'unknown' as const, lag: unknownLag(null) }];
    const face = groupFace({ id: 'g', provider: 'AWS', region: 'r' }, nodes, []);
    expect(face).toMatchObject({ title: '3 nodes', tone: 'unknown', states: '1 unknown · 2 streaming', findingCount: 0 });
    expect(face.lag).toMatch(/^worst lag .*, 1 unknown$/);
  });
});
