import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { aToken } from '../../../test/builders/index.ts';
import type { Actor } from '../../domain/policy/permissions.ts';
import { readNode } from '../../queries/node.ts';
import { parseSeriesRequest, readNodeSeries } from '../../queries/node-series.ts';
import { registerFleet, startStore } from '../../../test/store.ts';
import { readSeries } from './chart-series.ts';
import { ensurePartitions } from '../ground/partitions.ts';
import type { SampleTable } from '../ground/partitions.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const BASE_MS = Date.UTC(2026, 10, 20, 12);
const SYSTEM: Actor = { kind: 'system', process: 'test' };

let store: Awaited<ReturnType<typeof startStore>>;
let nodeId: number;
let slug: string;
let clusters = 0;

beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store?.stop());
beforeEach(async () => {
  slug = `cluster-${++clusters}`;
  nodeId = (await registerFleet(store.pool, slug, ['one'])).nodeIds[0]!;
});

/** Raw samples at these seconds after the base, with this lag. */
async function raw(seconds: readonly number[], lagMs: number | null): Promise<void> {
  const times = seconds.map((second) => BASE_MS + second * SECOND_MS);
  await ensurePartitions(store.pool, 'sample', times);
  await store.pool.query(
    `INSERT INTO sample (node_id, observed_at, sequence, received_at, server_state, lag_ms, stored_xact)
     SELECT $1, to_timestamp(t / 1000.0), row_number() OVER (), to_timestamp(t / 1000.0), 'accepting', $3, 1 FROM unnest($2::float8[]) AS t`,
    [nodeId, times, lagMs],
  );
}

async function tier(seconds: 10 | 60 | 600, timesMs: readonly number[], lagMs: number): Promise<void> {
  await ensurePartitions(store.pool, `sample_tier_${seconds}` as SampleTable, timesMs);
  await store.pool.query(
    `INSERT INTO sample_tier (tier, node_id, bucket_at, samples, lag_ms_min, lag_ms_max, lag_ms_last, commit_ms_max)
     SELECT $1, $2, to_timestamp(t / 1000.0), $1, 0, $4, 1, 3 FROM unnest($3::float8[]) AS t`,
    [seconds, nodeId, timesMs, lagMs],
  );
}

const read = (fromMs: number, toMs: number, pointsMax: number) =>
  readSeries(store.pool, { nodeId, metrics: ['lagMs', 'commitMs'], fromMs, toMs, pointsMax });
const range = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => from + index * step);

test('a node without any sample: every bucket unknown, and no beginning of data', async () => {
  const series = await read(BASE_MS, BASE_MS + 60_000, 30);
  expect(series.dataSinceMs).toBeNull();
  expect(series.atMs.length).toBe(30);
  expect(series.values.lagMs!.max.every((value) => value === null)).toBe(true);
});

test('a tick that slips by a moment is no gap; silence and unknown values are', async () => {
  await raw(
    [0, 1, 2, 3, 4, 8, 9, 10, 11, 20, 21].map((second) => second + 0.4),
    7,
  );
  await raw([12.4, 13.4], null);
  const { atMs, bucketMs, values } = await read(BASE_MS, BASE_MS + 24_000, 12);
  expect(bucketMs).toBe(2_000);
  const line = Object.fromEntries(atMs.map((at, index) => [(at - BASE_MS) / 1000, values.lagMs!.last[index]]));
  // 6 s is missing between 4 and 8: only three ticks, so it is left out and the line continues. 12 s is known to be unknown.
  expect(line).toEqual({ 0: 7, 2: 7, 4: 7, 8: 7, 10: 7, 12: null, 14: null, 16: null, 18: null, 20: 7, 22: null });
});

test('where raw samples are not kept far enough back, the next tier is read', async () => {
  await raw(range(3_000, 3_600), 5);
  await tier(10, range(BASE_MS, BASE_MS + HOUR_MS, 10_000), 9);
  const short = await read(BASE_MS + 3_000_000, BASE_MS + HOUR_MS, 300);
  expect(short).toMatchObject({ tier: null, bucketMs: 2_000, dataSinceMs: BASE_MS });
  const long = await read(BASE_MS, BASE_MS + HOUR_MS, 1_800);
  expect(long).toMatchObject({ tier: 10, bucketMs: 10_000 });
  expect(long.values.lagMs!.max.every((value) => value === 9)).toBe(true);
});

test('a new node keeps its fine samples although coarse buckets begin a little earlier', async () => {
  await raw(range(100, 700), 5);
  await tier(10, range(BASE_MS + 100_000, BASE_MS + 700_000, 10_000), 5);
  await tier(600, [BASE_MS, BASE_MS + 600_000], 5);
  expect((await read(BASE_MS - HOUR_MS, BASE_MS + HOUR_MS, 3_600)).tier).toBeNull();
});

test('buckets begin at whole multiples, so that a chart that follows now keeps them', async () => {
  await tier(60, range(BASE_MS, BASE_MS + 24 * HOUR_MS, 60_000), 5);
  const one = await read(BASE_MS + 1_234, BASE_MS + 24 * HOUR_MS, 600);
  const later = await read(BASE_MS + 61_234, BASE_MS + 24 * HOUR_MS, 600);
  expect(one).toMatchObject({ tier: 60, bucketMs: 180_000 });
  expect(later.atMs.every((at) => one.atMs.includes(at))).toBe(true);
  // A figure whose lowest and newest value no tier keeps says so by null.
  expect(one.values.commitMs).toMatchObject({ min: expect.arrayContaining([null]), max: expect.arrayContaining([3]) });
  expect(one.values.commitMs!.min.every((value) => value === null)).toBe(true);
});

test('the query answers for a node by name, and for nothing else', async () => {
  await raw(range(0, 60), 5);
  const query = new URLSearchParams({
    metric: 'lagMs',
    from: new Date(BASE_MS).toISOString(),
    to: new Date(BASE_MS + 60_000).toISOString(),
  });
  const request = parseSeriesRequest(slug, 'one', query, BASE_MS + HOUR_MS);
  if (typeof request === 'string') throw new Error(request);
  expect((await readNodeSeries(SYSTEM, request, store.pool))?.values.lagMs?.max).toContain(5);
  for (const node of ['two', 'one\0', 'x'.repeat(300), "one' OR '1'='1"]) {
    expect(await readNodeSeries(SYSTEM, { ...request, node }, store.pool)).toBeNull();
    expect(await readNode(SYSTEM, slug, node, store.pool)).toBeNull();
  }
  const stranger = aToken([]);
  await expect(readNodeSeries(stranger, request, store.pool)).rejects.toThrow(/may not/);
  await expect(readNode(stranger, slug, 'one', store.pool)).rejects.toThrow(/may not/);
});

test('the address of a series is checked before anything is read', () => {
  const good = { metric: 'lagMs,commitMs', from: '2026-11-20T11:00:00Z', to: '2026-11-20T12:00:00Z', points: '300' };
  const parse = (over: Record<string, string>) => parseSeriesRequest('c', 'n', new URLSearchParams({ ...good, ...over }), BASE_MS);
  expect(parse({})).toMatchObject({ metrics: ['lagMs', 'commitMs'], pointsMax: 300 });
  expect(parse({ metric: 'lagMs,password' })).toContain('Give metric');
  expect(parse({ metric: '' })).toContain('Give metric');
  expect(parse({ from: 'soon' })).toContain('Give from and to');
  expect(parse({ to: '2027-11-20T12:00:00Z' })).toContain('not in the future');
  for (const points of ['0', '-1', '1.5', '1e9', 'many']) expect(parse({ points })).toContain('Give points');
});

test('a node whose agent never came is known by what was registered, and nothing else', async () => {
  const details = (await readNode(SYSTEM, slug, 'one', store.pool))!;
  expect(details).toMatchObject({
    name: 'one',
    enrolledAt: null,
    observedAt: null,
    factsAt: null,
    host: null,
    clock: null,
    hba: null,
    events: [],
  });
  await store.pool.query(
    `INSERT INTO node_event (node_id, at, kind, detail) VALUES ($1, now(), 'role', '{"from":"standby","to":"primary"}')`,
    [nodeId],
  );
  expect((await readNode(SYSTEM, slug, 'one', store.pool))!.events).toMatchObject([{ kind: 'role', from: 'standby', to: 'primary' }]);
});
