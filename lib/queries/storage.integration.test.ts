/** Slots and archive as the web process reads them, under its own narrow role. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MB, P, S, away, idleSlot, pg, setting } from '../../test/builders/incidents.ts';
import { NOW_MS, someFacts } from '../../test/builders/index.ts';
import { startWebDatabase } from '../../test/web/web-database.ts';
import type { WebTestDatabase } from '../../test/web/web-database.ts';
import { ensurePartitions } from '../db/ground/partitions.ts';
import { storeNodeFacts, storeNodeLatest, storeSamples } from '../db/samples/samples.ts';
import type { SampleRow } from '../db/samples/samples.ts';
import type { Actor } from '../domain/policy/permissions.ts';
import type { ClusterInput, NodeInput } from '../domain/topology/inputs.ts';
import { evaluateFindings } from '../domain/findings/evaluate.ts';
import { evaluateRpo } from '../domain/lag/rpo.ts';
import { assembleTopology } from '../domain/topology/assemble.ts';
import { readArchive } from './archive.ts';
import { readSlots } from './slots.ts';

const viewer: Actor = { kind: 'user', userId: 1, email: 'v@farshore.test', role: 'viewer', sessionId: 'x' };
const nobody: Actor = { kind: 'apiToken', tokenId: 1, name: 'nothing', permissions: [] };
/** What the primary wrote in its last minute, and in the hour before it. */
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
  for (const slug of ['payments', 'empty']) {
    await db.owner.query("INSERT INTO cluster (slug, name, jurisdictions) VALUES ($1, $1, '{}')", [slug]);
  }
  for (const node of input.nodes) await storeNode(node);
});
afterAll(async () => {
  await db?.stop();
});

async function storeNode({ name, site, latest, facts, history, walRateBuckets }: NodeInput): Promise<void> {
  const { rows } = await db.owner.query<{ id: number }>(
    `INSERT INTO node (uuid, cluster_id, name, provider, region, zone, jurisdiction, enrolled_at)
     SELECT gen_random_uuid(), id, $1, $2, $3, $4, $5, now() FROM cluster WHERE slug = 'payments' RETURNING id`,
    [name, site.provider, site.region, site.zone, site.jurisdiction],
  );
  const nodeId = rows[0]!.id;
  const { observation, observedAtMs, receivedAtMs, agentVersion } = latest!;
  await storeNodeLatest(db.owner, [{ nodeId, observedAtMs, receivedAtMs, sequence: observation.sequence, agentVersion, observation }]);
  await storeNodeFacts(db.owner, [{ nodeId, factsAtMs: NOW_MS - 20_000, facts: facts! }]);
  await storeSamples(
    db.owner,
    history.map((point, index) => ({
      ...NO_SAMPLE,
      nodeId,
      observedAtMs: point.atMs,
      sequence: index,
      receivedAtMs: point.atMs,
      flushLsn: point.flushLsn,
    })),
  );
  const bucketsMs = walRateBuckets.map((_, index) => Math.floor(NOW_MS / 10_000) * 10_000 - (walRateBuckets.length - index) * 10_000);
  await ensurePartitions(db.owner, 'sample_tier_10', bucketsMs);
  for (const [index, atMs] of bucketsMs.entries()) {
    await db.owner.query(
      'INSERT INTO sample_tier (tier, node_id, bucket_at, samples, wal_bytes_per_second_avg) VALUES (10, $1, to_timestamp($2 / 1000.0), 10, $3)',
      [nodeId, atMs, walRateBuckets[index]],
    );
  }
}

const NO_SAMPLE: Omit<SampleRow, 'nodeId' | 'observedAtMs' | 'sequence' | 'receivedAtMs'> = {
  ...{ serverState: 'accepting', inRecovery: false, timeline: 1, flushLsn: null, receiveLsn: null, replayLsn: null },
  ...{ transportLagBytes: null, applyLagBytes: null, lagMs: null, commitMs: null, walBytesPerSecond: null, slotRetainedBytes: null },
  ...{ dataFreeBytes: null, walFreeBytes: null, walDirectoryBytes: null, archiveReadyCount: null, archiveFailedCount: null },
  ...{ connectionsUsed: null, clockOffsetMs: null },
};

describe('slots', () => {
  test('the page says of stored samples and tiers what the finding says of the controller’s memory', async () => {
    const answer = await readSlots(viewer, 'payments', NOW_MS, db.web);
    const primary = answer!.board.nodes.find(({ name }) => name === P)!;
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

  test('a node whose agent is silent is not fresh, and its past is not a forecast', async () => {
    const answer = await readSlots(viewer, 'payments', NOW_MS + 60_000, db.web);
    expect(answer!.board.nodes.every(({ fresh, presentBytesPerSecond }) => !fresh && presentBytesPerSecond === null)).toBe(true);
  });

  test('a cluster without nodes, one that does not exist, one that cannot', async () => {
    expect((await readSlots(viewer, 'empty', NOW_MS, db.web))!.board.nodes).toEqual([]);
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
    expect(board.archivers.filter(({ archives }) => archives === true).map(({ name }) => name)).toEqual([P]);
    expect(board.repository).toMatchObject({ stanza: 'payments', readable: true, encrypted: true, listing: null });
    expect(board.repository!.backups).toHaveLength(1);
  });

  test('without a report everything is unknown', async () => {
    const { board } = (await readArchive(viewer, 'empty', NOW_MS, db.web))!;
    expect(board).toMatchObject({ archivers: [], repository: null, blind: [] });
  });
});
