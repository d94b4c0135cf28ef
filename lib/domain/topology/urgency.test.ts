import { describe, expect, test } from 'vitest';
import { NOW_MS, aClusterView } from '../../../test/builders/index.ts';
import { summariseCluster } from './summary.ts';
import type { ClusterSummary } from './summary.ts';
import { countByBand, orderByUrgency, urgencyBand } from './urgency.ts';

const summary = summariseCluster(aClusterView(), NOW_MS);
const changed = (change: Partial<ClusterSummary>) => urgencyBand({ ...summary, ...change });

describe('which cluster first', () => {
  test('a critical finding before everything, not knowing before a warning', () => {
    expect(urgencyBand(summary)).toBe('fine');
    expect(changed({ findings: { critical: 0, warning: 2, info: 1 } })).toBe('look-soon');
    expect(changed({ findings: { critical: 1, warning: 0, info: 0 } })).toBe('act-now');
    expect(changed({ rpo: { ...summary.rpo, state: 'unknown' } })).toBe('not-known');
    expect(changed({ primary: null })).toBe('not-known');
    expect(urgencyBand(null)).toBe('not-known');
  });

  test('findings of a view that is not renewed say nothing about now', () => {
    expect(changed({ stale: true, findings: { critical: 3, warning: 0, info: 0 } })).toBe('not-known');
  });

  test('by band, then by name', () => {
    const of = (name: string, band: Parameters<typeof orderByUrgency>[0][number]['band']) => ({ slug: name, name, band });
    expect(orderByUrgency([of('d', 'fine'), of('c', 'look-soon'), of('b', 'fine'), of('a', 'not-known'), of('z', 'act-now')])).toEqual([
      ...['z', 'a', 'c', 'b', 'd'],
    ]);
    expect(countByBand(['fine', 'fine', 'act-now'])).toEqual({ 'act-now': 1, 'not-known': 0, 'look-soon': 0, fine: 2 });
  });
});
