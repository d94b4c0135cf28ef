import { expect, test } from 'vitest';
import type { Queryable } from '../../lib/db/ground/pool.ts';
import { IssueClock } from './issue-clock.ts';

test('times of one node only grow, also after a controller whose clock was ahead; other nodes are not touched', async () => {
  const clock = new IssueClock();
  const aheadMs = Date.now() + 3_000;
  const rows = [{ nodeId: 1, issuedAt: new Date(aheadMs) }];
  await clock.load({ query: () => Promise.resolve({ rows }) } as unknown as Queryable);
  const times = Array.from({ length: 50 }, () => clock.next(1));
  expect(times[0]).toBe(aheadMs + 1);
  expect(times.every((atMs, index) => index === 0 || atMs > (times[index - 1] ?? 0))).toBe(true);
  expect(clock.next(2)).toBeLessThan(aheadMs);
});
