import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { registerFleet, startStore } from '../../../test/store.ts';
import { readSeries } from './chart-series.ts';
import { makePartitionsAhead, partitionFor } from '../ground/partitions.ts';
import { inTransaction } from '../ground/pool.ts';
import { DEFAULT_RETENTION, dropExpired, listSamplePartitions } from '../ground/retention.ts';
import { storeSamples } from './samples.ts';
import type { SampleRow } from './samples.ts';
import { rollUp } from './tiers.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The start of an hour, so that buckets are easy to name. */
const BASE_MS = Date.UTC(2026, 10, 20, 12);

let store: Awaited<ReturnType<typeof startStore>>;
let primary: number;
let standby: number;
let clusters = 0;

beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store?.stop());
beforeEach(async () => {
  const fleet = await registerFleet(store.pool, `cluster-${++clusters}`, ['one', 'two']);
  [primary, standby] = fleet.nodeIds as [number, number];
});

let sequence = 0;
const aRow = (nodeId: number, observedAtMs: number, changes: Partial<SampleRow> = {}): SampleRow => ({
  nodeId,
  observedAtMs,
  sequence: ++sequence,
  receivedAtMs: observedAtMs,
  serverState: 'accepting',
  inRecovery: null,
  timeline: 1,
  flushLsn: null,
  receiveLsn: null,
  replayLsn: null,
  transportLagBytes: null,
  applyLagBytes: null,
  lagMs: null,
  commitMs: null,
  walBytesPerSecond: null,
  slotRetainedBytes: null,
  dataFreeBytes: null,
  walFreeBytes: null,
  walDirectoryBytes: null,
  archiveReadyCount: null,
  archiveFailedCount: null,
  connectionsUsed: null,
  clockOffsetMs: null,
  ...changes,
});

const save = (rows: SampleRow[]) => inTransaction(store.pool, (client) => storeSamples(client, rows));

async function rollUpAll(nowMs = BASE_MS + DAY_MS): Promise<number> {
  let buckets = 0;
  for (let run = 0; run < 100; run++) {
    const result = await inTransaction(store.pool, (client) => rollUp(client, nowMs));
    buckets += result.buckets;
    if (result.caughtUp) return buckets;
  }
  throw new Error('the roll-up does not catch up');
}

async function tierRows(tier: number, nodeId: number): Promise<Record<string, unknown>[]> {
  const { rows } = await store.pool.query<Record<string, unknown>>(
    'SELECT * FROM sample_tier WHERE tier = $1 AND node_id = $2 ORDER BY bucket_at',
    [tier, nodeId],
  );
  return rows;
}

test('a sample that is sent again is stored once', async () => {
  const rows = [aRow(primary, BASE_MS), aRow(primary, BASE_MS + SECOND_MS)];
  expect(await save(rows)).toBe(2);
  expect(await save([...rows, aRow(primary, BASE_MS + 2 * SECOND_MS)])).toBe(1);
});

test('figures that no column can hold are stored as unknown, and the batch of the others is not lost', async () => {
  const absurd: Partial<SampleRow> = {
    flushLsn: 2n ** 64n - 1n,
    walBytesPerSecond: BigInt(1e300),
    commitMs: 1e300,
    connectionsUsed: 1e12,
    clockOffsetMs: Number.NaN,
    timeline: 4.4,
  };
  expect(await save([aRow(primary, BASE_MS, absurd), aRow(standby, BASE_MS, { commitMs: 1e-300 })])).toBe(2);
  const { rows } = await store.pool.query(
    'SELECT flush_lsn, wal_bytes_per_second, commit_ms, connections_used, clock_offset_ms, timeline FROM sample WHERE node_id = $1',
    [primary],
  );
  expect(rows).toEqual([
    { flush_lsn: null, wal_bytes_per_second: null, commit_ms: null, connections_used: null, clock_offset_ms: null, timeline: 4 },
  ]);
});

test('every tier agrees with the samples, in whatever order and batches they came', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ second: fc.integer({ min: 0, max: 1500 }), wal: fc.option(fc.bigInt({ min: 0n, max: 10n ** 12n })) }), {
        minLength: 1,
        maxLength: 80,
      }),
      fc.integer({ min: 1, max: 30 }),
      async (points, batchSize) => {
        const { nodeIds } = await registerFleet(store.pool, `cluster-${++clusters}`, ['lone']);
        const nodeId = nodeIds[0] ?? 0;
        const bySecond = new Map<number, bigint | null>();
        for (let from = 0; from < points.length; from += batchSize) {
          const batch = points.slice(from, from + batchSize);
          for (const { second, wal } of batch) if (!bySecond.has(second)) bySecond.set(second, wal);
          await save(batch.map(({ second, wal }) => aRow(nodeId, BASE_MS + second * SECOND_MS, { walBytesPerSecond: wal })));
          await rollUpAll();
        }
        for (const tier of [10, 60, 600]) {
          const expected = new Map<number, { samples: number; most: bigint | null }>();
          for (const [second, wal] of bySecond) {
            const start = BASE_MS + Math.floor(second / tier) * tier * SECOND_MS;
            const bucket = expected.get(start) ?? { samples: 0, most: null };
            bucket.samples += 1;
            if (wal !== null && (bucket.most === null || wal > bucket.most)) bucket.most = wal;
            expected.set(start, bucket);
          }
          const rows = await tierRows(tier, nodeId);
          expect(
            rows.map((row) => [(row['bucket_at'] as Date).getTime(), { samples: row['samples'], most: row['wal_bytes_per_second_max'] }]),
          ).toEqual([...expected].sort(([a], [b]) => a - b));
        }
      },
    ),
    { numRuns: 12 },
  );
});

test('nothing is rolled up twice, and nothing while its transaction is open', async () => {
  await rollUpAll();
  const open = await store.pool.connect();
  await open.query('BEGIN');
  await storeSamples(open, [aRow(primary, BASE_MS)]);
  await save([aRow(standby, BASE_MS)]);
  await rollUpAll();
  expect(await tierRows(10, primary)).toEqual([]);
  await open.query('COMMIT');
  open.release();
  await rollUpAll();
  expect(await tierRows(10, primary)).toHaveLength(1);
  expect(await tierRows(10, standby)).toHaveLength(1);
  expect(await rollUpAll()).toBe(0);
});

test('samples rest a moment, so that those of other nodes can arrive', async () => {
  await rollUpAll();
  await save([aRow(primary, BASE_MS)]);
  await rollUpAll(BASE_MS + SECOND_MS);
  expect(await tierRows(10, primary)).toEqual([]);
  await rollUpAll(BASE_MS + 3 * SECOND_MS);
  expect(await tierRows(10, primary)).toHaveLength(1);
});

const lagOf = async (nodeId: number): Promise<unknown[]> => {
  const { rows } = await store.pool.query(
    'SELECT transport_lag_bytes, apply_lag_bytes, lag_ms FROM sample WHERE node_id = $1 ORDER BY observed_at',
    [nodeId],
  );
  return rows.map((row) => [row.transport_lag_bytes, row.apply_lag_bytes, row.lag_ms]);
};

test('a standby’s lag is told from the primary’s rows, also when those come later', async () => {
  const at = (second: number): number => BASE_MS + second * SECOND_MS;
  // The primary writes 100 bytes a second; from second 3 on the standby receives nothing.
  await save(
    [0, 1, 2, 3, 4, 5].map((second) =>
      aRow(standby, at(second) + 100, {
        inRecovery: true,
        receiveLsn: BigInt(1000 + 100 * Math.min(second, 2)),
        replayLsn: BigInt(1000 + 100 * Math.min(second, 2)),
      }),
    ),
  );
  await rollUpAll();
  expect(await lagOf(standby)).toEqual(Array.from({ length: 6 }, () => [null, null, null]));
  await save([0, 1, 2, 3, 4, 5].map((second) => aRow(primary, at(second), { inRecovery: false, flushLsn: BigInt(1000 + 100 * second) })));
  await rollUpAll();
  expect(await lagOf(standby)).toEqual([
    [0n, 0n, 0],
    [0n, 0n, 0],
    [0n, 0n, 0],
    [100n, 0n, 100],
    [200n, 0n, 1100],
    [300n, 0n, 2100],
  ]);
  expect(await tierRows(10, standby)).toMatchObject([{ transport_lag_bytes_max: 300n, lag_ms_max: 2100, lag_ms_last: 2100, samples: 6 }]);
});

test('lag stays unknown where the primary was not seen', async () => {
  await save([
    aRow(primary, BASE_MS, { inRecovery: false, flushLsn: 5000n }),
    aRow(standby, BASE_MS + 4 * SECOND_MS, { inRecovery: true, receiveLsn: 4000n, replayLsn: 4000n }),
  ]);
  await rollUpAll();
  expect(await lagOf(standby)).toEqual([[null, null, null]]);
});

test('partitions stand ready, and a back-fill makes those of the past', async () => {
  const nowMs = BASE_MS + 30 * 60_000;
  await inTransaction(store.pool, (client) => makePartitionsAhead(client, nowMs));
  const names = (await listSamplePartitions(store.pool)).map(({ name }) => name);
  for (const ahead of [0, 1, 2, 3]) expect(names).toContain(partitionFor('sample', nowMs + ahead * HOUR_MS).name);
  expect(await inTransaction(store.pool, (client) => makePartitionsAhead(client, nowMs))).toEqual([]);
  expect(await save([aRow(primary, BASE_MS - 3 * HOUR_MS)])).toBe(1);
});

test('two batches at once that need the same new partition both arrive', async () => {
  const atMs = BASE_MS + 9 * HOUR_MS;
  const counts = await Promise.all(Array.from({ length: 6 }, (_, index) => save([aRow(primary, atMs + index)])));
  expect(counts).toEqual([1, 1, 1, 1, 1, 1]);
});

test('retention drops whole partitions by age, and a reader is not in the way for long', async () => {
  const oldMs = BASE_MS - 20 * HOUR_MS;
  await save([aRow(primary, oldMs), aRow(primary, BASE_MS + 1)]);
  await rollUpAll();
  const doomed = partitionFor('sample', oldMs).name;
  const kept = partitionFor('sample', BASE_MS).name;
  const result = await dropExpired(store.pool, BASE_MS, DEFAULT_RETENTION);
  expect(result.dropped).toContain(doomed);
  expect(result.held).toEqual([]);
  const names = (await listSamplePartitions(store.pool)).map(({ name }) => name);
  expect(names).not.toContain(doomed);
  expect(names).toContain(kept);
  // The 10 s tier of the same moment is younger than its own retention.
  expect(await tierRows(10, primary)).toHaveLength(2);
});

test('a partition that a long reader holds is dropped by a later run, and ingest continues meanwhile', async () => {
  const oldMs = BASE_MS - 30 * HOUR_MS;
  await save([aRow(primary, oldMs)]);
  const reader = await store.pool.connect();
  await reader.query('BEGIN');
  await reader.query('SELECT count(*) FROM sample');
  const dropping = dropExpired(store.pool, BASE_MS);
  expect(await save([aRow(primary, BASE_MS + 77)])).toBe(1);
  expect((await dropping).held).toMatchObject([{ name: partitionFor('sample', oldMs).name }]);
  await reader.query('COMMIT');
  reader.release();
  expect((await dropExpired(store.pool, BASE_MS)).dropped).toContain(partitionFor('sample', oldMs).name);
});

test('a chart keeps its maxima and its gaps, from raw and from tiers', async () => {
  const seconds = Array.from({ length: 1800 }, (_, second) => second).filter((second) => second < 600 || second >= 900);
  await save(seconds.map((second) => aRow(primary, BASE_MS + second * SECOND_MS, { walBytesPerSecond: second === 1234 ? 999_999n : 10n })));
  await rollUpAll();
  const series = (pointsMax: number) =>
    readSeries(store.pool, { nodeId: primary, metrics: ['walBytesPerSecond'], fromMs: BASE_MS, toMs: BASE_MS + 1_800_000, pointsMax });
  for (const pointsMax of [1800, 180, 30]) {
    const { atMs, values, bucketMs, dataSinceMs } = await series(pointsMax);
    const { min, max, last } = values.walBytesPerSecond!;
    expect(atMs.length).toBeLessThanOrEqual(pointsMax);
    expect(Math.max(...max.map((value) => value ?? 0))).toBe(999_999);
    expect(dataSinceMs).toBe(BASE_MS);
    const inGap = [...atMs.keys()].filter((index) => atMs[index]! >= BASE_MS + 600_000 && atMs[index]! + bucketMs <= BASE_MS + 900_000);
    expect(inGap.length).toBeGreaterThan(0);
    expect(inGap.every((index) => max[index] === null && min[index] === null && last[index] === null)).toBe(true);
  }
});
