/** Slots and archive as the web process reads them, under its own narrow role: what the leader computed with the view. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluateCluster } from '../../controller/collection/evaluate-cluster.ts';
import type { ClusterMemory } from '../../controller/collection/evaluate-cluster.ts';
import { MB, P, S, away, idleSlot, pg, setting } from '../../test/builders/incidents.ts';
import { NOW_MS, aPerson, aToken, someFacts } from '../../test/builders/index.ts';
import { startWebDatabase } from '../../test/web/web-database.ts';
import type { WebTestDatabase } from '../../test/web/web-database.ts';
import { storeClusterViews } from '../db/samples/cluster-latest.ts';
import type { ClusterInput } from '../domain/topology/inputs.ts';
import { evaluateFindings } from '../domain/findings/evaluate.ts';
import { findingStateFrom } from '../domain/findings/hysteresis.ts';
import { evaluateRpo } from '../domain/lag/rpo.ts';
import { assembleTopology } from '../domain/topology/assemble.ts';
import { readArchive } from './archive.ts';
import { readSlots } from './slots.ts';

const NO_MEMORY: ClusterMemory = {
  ...{ findingState: findingStateFrom([]), openFindings: [], rpo: null, recentBounds: [], leadership: null, nodeChanges: {} },
};
const viewer = aPerson('viewer');
const nobody = aToken([]);
/** Written by the primary in its last minute, and in the hour before it. */
const PRESENT_BYTES_PER_SECOND = MB;
const HOUR_BYTES_PER_SECOND = 3 * MB;

let db: WebTestDatabase;
/** The idle cluster with a standby gone, its slot falling back, and a primary that writes. */
const input: ClusterInput = (() => {
  const broken = pg(P, { slots: [idleSlot({ safeWalBytes: 600 * MB })] }, away(S, pg(P, { downstreams: [] })));
  return {
    ...broken,
    nodes: broken.nodes.map((node) => ({
      ...node,
      facts: someFacts(setting('max_slot_wal_keep_size', '384MB')),
      history:
        node.name === P ? node.history.map((point, index) => ({ ...point, flushLsn: BigInt(index * PRESENT_BYTES_PER_SECOND) })) : [],
      walRateBuckets: node.name === P ? Array.from({ length: 30 }, () => HOUR_BYTES_PER_SECOND) : [],
    })),
  };
})();

beforeAll(async () => {
  db = await startWebDatabase();
  await db.owner.query("INSERT INTO cluster (slug, name, jurisdictions) VALUES ('payments', 'payments', '{}'), ('empty', 'empty', '{}')");
  const { rows } = await db.owner.query<{ id: number }>("SELECT id FROM cluster WHERE slug = 'payments'");
  const { view, boards } = evaluateCluster(input, NO_MEMORY, NOW_MS, randomUUID);
  await storeClusterViews(db.owner, [{ clusterId: rows[0]!.id, view, boards }], { leaderEpoch: 1, counter: 1 });
  // A view that follows within two seconds comes without boards, and leaves the stored ones.
  const later = evaluateCluster(input, NO_MEMORY, NOW_MS + 1_000, randomUUID);
  await storeClusterViews(db.owner, [{ clusterId: rows[0]!.id, view: later.view, boards: null }], { leaderEpoch: 1, counter: 2 });
});
afterAll(async () => {
  await db?.stop();
});

describe('slots', () => {
  test('the page says what the finding says', async () => {
    const answer = await readSlots(viewer, 'payments', NOW_MS, db.web);
    const primary = answer!.board!.nodes.find(({ name }) => name === P)!;
    const slot = primary.slots.find(({ name }) => name === 'rax_dfw_a')!;
    const topology = assembleTopology(input, NOW_MS);
    const found = evaluateFindings(input, topology, evaluateRpo(input, topology, NOW_MS), NOW_MS).find(
      ({ code }) => code === 'slot-will-be-lost',
    )!;
    expect(primary).toMatchObject({
      presentBytesPerSecond: PRESENT_BYTES_PER_SECOND,
      p95BytesPerSecond: HOUR_BYTES_PER_SECOND,
      p95WindowMs: 300_000,
    });
    expect(slot.severity).toBe(found.severity);
    expect(slot.untilLost).toEqual({ present: { kind: 'minutes', minutes: 10 }, p95: { kind: 'minutes', minutes: 10 / 3 } });
    expect(found.evidence).toMatchObject({ untilSlotLostNow: { value: 600_000 }, untilSlotLostAtP95: { value: 200_000 } });
    expect(slot.actions).toHaveLength(3);
  });

  test('a board that was not renewed is as old as it says, and the view continues', async () => {
    const answer = await readSlots(viewer, 'payments', NOW_MS + 60_000, db.web);
    expect(answer).toMatchObject({
      serverTime: new Date(NOW_MS + 60_000).toISOString(),
      evaluatedAt: new Date(NOW_MS + 1_000).toISOString(),
      board: { computedAt: new Date(NOW_MS).toISOString() },
    });
  });

  test('a cluster that was never evaluated, one that does not exist, one that cannot', async () => {
    expect(await readSlots(viewer, 'empty', NOW_MS, db.web)).toMatchObject({ evaluatedAt: null, board: null });
    expect(await readSlots(viewer, 'none', NOW_MS, db.web)).toBeNull();
    expect(await readSlots(viewer, `a\0b`, NOW_MS, db.web)).toBeNull();
  });

  test('somebody without permission reads nothing', async () => {
    await expect(readSlots(nobody, 'payments', NOW_MS, db.web)).rejects.toThrow(/permission|allowed|cluster\.read/i);
    await expect(readArchive(nobody, 'payments', NOW_MS, db.web)).rejects.toThrow(/permission|allowed|cluster\.read/i);
  });
});

describe('archive', () => {
  test('archivers and repository from the latest reports', async () => {
    const { board } = (await readArchive(viewer, 'payments', NOW_MS, db.web))!;
    expect(board!.archivers.filter(({ archives }) => archives === true).map(({ name }) => name)).toEqual([P]);
    expect(board!.repository).toMatchObject({ stanza: 'payments', readable: true, encrypted: true, listing: null });
    expect(board!.repository!.backups).toHaveLength(1);
  });

  test('before the first evaluation nothing is known, which is not the same as nothing', async () => {
    expect(await readArchive(viewer, 'empty', NOW_MS, db.web)).toMatchObject({ evaluatedAt: null, board: null });
  });
});
