import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aPerson, aToken } from '../../test/builders/index.ts';
import { startStore, registerFleet } from '../../test/store.ts';
import { countOpenFindings } from './open-findings.ts';
import { readNames } from './names.ts';
import { readPlaces } from './places.ts';

const viewer = aPerson('viewer');
const nobody = aToken([]);
let store: Awaited<ReturnType<typeof startStore>>;

beforeAll(async () => {
  store = await startStore();
  const { clusterId } = await registerFleet(store.pool, 'payments', ['pay-a', 'pay-b']);
  await store.pool.query('UPDATE cluster SET name = $1 WHERE id = $2', ['Pay\u202ements', clusterId]);
  const retired = await registerFleet(store.pool, 'old', ['old-a']);
  await store.pool.query('UPDATE cluster SET retired_at = now() WHERE id = $1', [retired.clusterId]);
  await store.pool.query(
    `INSERT INTO finding (id, cluster_id, code, severity, summary, evidence, since, last_seen_at, resolved_at)
     SELECT gen_random_uuid(), id, code, severity, 's', '{}', now(), now(), resolved
       FROM (VALUES ($1::int, 'a', 'critical', NULL::timestamptz), ($1, 'b', 'critical', now()), ($1, 'c', 'info', NULL), ($2, 'a', 'critical', NULL))
         AS v(id, code, severity, resolved)`,
    [clusterId, retired.clusterId],
  );
});
afterAll(async () => store?.stop());

describe('what every page asks for', () => {
  test('places: what is not retired, its names made inert, its addresses as they are', async () => {
    expect(await readPlaces(viewer, store.pool)).toEqual({
      clusters: [{ slug: 'payments', name: 'Pay\ufffdments' }],
      nodes: [
        { cluster: 'payments', address: 'pay-a', name: 'pay-a', site: 'aws us-east-1' },
        { cluster: 'payments', address: 'pay-b', name: 'pay-b', site: 'aws us-east-1' },
      ],
    });
  });

  test('names to hide: also of what is retired, in the order they came', async () => {
    expect(await readNames(viewer, store.pool)).toEqual({
      clusters: [
        { slug: 'payments', name: 'Pay\u202ements' },
        { slug: 'old', name: expect.any(String) },
      ],
      nodes: ['pay-a', 'pay-b', 'old-a'],
    });
  });

  test('open findings of clusters that are not retired', async () => {
    const nowMs = Date.now();
    // Nobody has evaluated yet, and then not lately: the count is unknown, and is not 0.
    expect(await countOpenFindings(viewer, nowMs, store.pool)).toBeNull();
    await store.pool.query(
      "INSERT INTO cluster_latest (cluster_id, computed_at, view) SELECT id, now(), '{}' FROM cluster WHERE slug = 'payments'",
    );
    expect(await countOpenFindings(viewer, nowMs, store.pool)).toEqual({ critical: 1, warning: 0, info: 1 });
    expect(await countOpenFindings(viewer, nowMs + 60_000, store.pool)).toBeNull();
  });

  test('nobody without the permission', async () => {
    await expect(readPlaces(nobody, store.pool)).rejects.toThrow(/may not/);
    await expect(readNames(nobody, store.pool)).rejects.toThrow(/may not/);
    await expect(countOpenFindings(nobody, Date.now(), store.pool)).rejects.toThrow(/may not/);
  });
});
