import { expect, test } from 'vitest';
import type { MaintenanceView } from '../operation/answers/answers.ts';
import { maintainedNodes, openWindows } from './windows.ts';

const NOW_MS = Date.parse('2026-11-21T12:00:00.000Z');
const work = (id: number, node: string | null, inMs: number): MaintenanceView => ({
  ...{ id, node, cluster: 'payments', owner: 'user:ada@example.com', reason: 'New disk.', startsAt: '' },
  endsAt: new Date(NOW_MS + inMs).toISOString(),
});

test('work counts until the moment of its end, and that of the whole cluster for every node', () => {
  const [own, other, over] = [work(1, 'a', 1), work(2, 'b', 1), work(3, 'a', 0)];
  expect(openWindows([own, other, over], NOW_MS, null)).toEqual([own, other]);
  expect(openWindows([own, other, over], NOW_MS, 'a')).toEqual([own]);
  expect([...maintainedNodes([own, over], NOW_MS, ['a', 'b'])]).toEqual(['a']);
  expect([...maintainedNodes([work(4, null, 1)], NOW_MS, ['a', 'b'])]).toEqual(['a', 'b']);
  expect(maintainedNodes([own], NOW_MS + 1, ['a']).size).toBe(0);
});
