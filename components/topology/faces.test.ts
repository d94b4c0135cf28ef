import { describe, expect, test } from 'vitest';
import { ageClusterView } from '../../lib/domain/topology/age.ts';
import { NOW_MS, aClusterView } from '../../test/builders/index.ts';
import { diskTone, linkFace, nodeFace, sameValues, usedFraction } from './faces.ts';

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

  test('what is old shows no figure, only that it is not known', () => {
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
});
