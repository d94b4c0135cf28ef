import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerFleet, startStore } from '../../../test/store.ts';
import { loadLastNodeEvents, pruneNodeEvents, recordNodeEvents } from './node-event-log.ts';

let store: Awaited<ReturnType<typeof startStore>>;
let nodeIds: number[];
let clusterId: number;

beforeAll(async () => {
  store = await startStore();
  ({ nodeIds, clusterId } = await registerFleet(store.pool, 'payments', ['one', 'two']));
});
afterAll(async () => store?.stop());

const event = (nodeId: number, at: string, to: string, kind: 'role' | 'timeline' | 'state' = 'role') => ({
  nodeId,
  at,
  kind,
  detail: { from: null, to },
});

test('a new leader continues from the last value of each kind, and old events are pruned', async () => {
  const [one, two] = nodeIds as [number, number];
  await recordNodeEvents(store.pool, [
    event(one, '2020-01-01T00:00:00Z', 'standby'),
    event(one, '2026-11-21T00:00:00Z', 'primary'),
    event(one, '2026-11-21T00:00:00Z', '2', 'timeline'),
    event(two, '2026-11-21T00:00:00Z', 'not-seen', 'state'),
    event(99_999, '2026-11-21T00:00:00Z', 'nobody'),
  ]);
  const last = await loadLastNodeEvents(store.pool);
  expect(last.toSorted((a, b) => a.kind.localeCompare(b.kind))).toEqual([
    { clusterId, nodeName: 'one', kind: 'role', to: 'primary' },
    { clusterId, nodeName: 'two', kind: 'state', to: 'not-seen' },
    { clusterId, nodeName: 'one', kind: 'timeline', to: '2' },
  ]);
  expect(await pruneNodeEvents(store.pool, new Date('2024-01-01'))).toBe(1);
  expect(await pruneNodeEvents(store.pool, new Date('2024-01-01'))).toBe(0);
  expect((await store.pool.query('SELECT FROM node_event')).rowCount).toBe(3);
});
