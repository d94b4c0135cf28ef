import { describe, expect, test } from 'vitest';
import { NOW_MS, aClusterInput, aClusterView, iso, withPrimaryCutOff } from '../../../test/builders/index.ts';
import { VIEW_STALE_MS, ageClusterView } from './age.ts';
import { isSeenRunning } from './seen.ts';

const view = aClusterView();

describe('an ageing view', () => {
  test('is the very same object while it holds, so that nothing is drawn again', () => {
    expect(ageClusterView(view, NOW_MS + 9_000)).toBe(view);
  });

  test('is unknown all over once the controller stops renewing it', () => {
    const aged = ageClusterView(view, NOW_MS + VIEW_STALE_MS + 1);
    expect(new Set(aged.nodes.map(({ state }) => state))).toEqual(new Set(['unknown']));
    expect(new Set(aged.links.map(({ state }) => state))).toEqual(new Set(['unknown']));
    expect(aged.rpo).toMatchObject({ state: 'unknown', boundSeconds: null, boundBytes: null });
    for (const node of aged.nodes) {
      expect(node.lag).toMatchObject({ transportBytes: null, applyBytes: null, totalBytes: null, seconds: null });
      expect(node.stateReason).toContain('has not renewed this view for');
    }
    expect(aged.nodes.map(({ name, role }) => [name, role])).toEqual(view.nodes.map(({ name, role }) => [name, role]));
  });

  test('marks only the node that went silent, its links, and the RPO that rests on it', () => {
    const old = iso(NOW_MS - 30_000);
    const mixed = { ...view, nodes: view.nodes.map((node) => (node.name === 'rax-dfw-a' ? { ...node, observedAt: old } : node)) };
    const aged = ageClusterView(mixed, NOW_MS + 500);
    expect(aged.nodes.map(({ state }) => state)).toEqual(['writable', 'streaming', 'streaming', 'unknown']);
    expect(aged.links.find(({ to }) => to === 'rax-dfw-a')?.state).toBe('unknown');
    expect(aged.links.find(({ to }) => to === 'aws-use1-b')?.state).toBe('streaming');
    expect(aged.nodes[0]).toBe(mixed.nodes[0]);
    expect(aged.rpo).toBe(mixed.rpo);
    const withoutPrimary = { ...view, nodes: view.nodes.map((node) => (node.name === view.primary ? { ...node, observedAt: old } : node)) };
    expect(ageClusterView(withoutPrimary, NOW_MS).rpo.state).toBe('unknown');
  });

  test('a standby whose stream is unknown is seen, until its own report is too old', () => {
    const cut = aClusterView({}, withPrimaryCutOff(aClusterInput(), 20_000));
    const waiting = (of: typeof cut) => of.nodes.find(({ name }) => name === 'aws-use1-b')!;
    expect(waiting(cut).state).toBe('unknown');
    expect(isSeenRunning(waiting(ageClusterView(cut, NOW_MS + 1_000)))).toBe(true);
    const aged = ageClusterView(cut, NOW_MS + VIEW_STALE_MS + 1);
    expect(isSeenRunning(waiting(aged))).toBe(false);
    expect(waiting(aged).stateReason).toContain('has not renewed this view for');
    const silent = { ...cut, nodes: cut.nodes.map((node) => ({ ...node, observedAt: iso(NOW_MS - 30_000) })) };
    expect(isSeenRunning(waiting(ageClusterView(silent, NOW_MS + 500)))).toBe(false);
  });

  test('ages twice as once, and an unreadable time is old, not new', () => {
    const once = ageClusterView(view, NOW_MS + 60_000);
    expect(ageClusterView(once, NOW_MS + 60_000)).toEqual(once);
    expect(ageClusterView({ ...view, computedAt: 'nonsense' }, NOW_MS).nodes[0]?.state).toBe('unknown');
  });

  test('a node that was never seen keeps its own reason while the view is fresh', () => {
    const input = aClusterInput({ nodes: aClusterInput().nodes.map((node) => ({ ...node, enrolled: false, latest: null, history: [] })) });
    const unseen = aClusterView({}, input);
    expect(ageClusterView(unseen, NOW_MS + 1_000)).toBe(unseen);
  });
});
