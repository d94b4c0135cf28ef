/**
 * How long the query behind a chart takes with 90 days of history. Fills a private PostgreSQL with the tiers of many nodes, row by row
 * in the order of time as they are written in life (so that one node's rows lie scattered over as many pages), then asks as the web
 * process does, for random nodes. Bounded; says what it filled. Options: --nodes 200 --queries 200 --dir DIR
 *
 * Filled are the partitions that a chart of 24 h can touch, whole, and of the older ones what is there to be skipped: see the table.
 */
import { mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startPrivatePostgres } from '../controller/private-postgres.ts';
import { readSeries } from '../lib/db/samples/chart-series.ts';
import { applyMigrations } from '../lib/db/ground/migrations.ts';
import { ensurePartitions, partitionFor } from '../lib/db/ground/partitions.ts';
import type { SampleTable } from '../lib/db/ground/partitions.ts';
import { createPool } from '../lib/db/ground/pool.ts';
import { SERIES_METRICS } from '../lib/domain/charts/series.ts';
import { RANGE_PRESETS } from '../lib/domain/charts/time-range.ts';
import { percentile } from './live-observer.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const POINTS = 600;

const { values: options } = parseArgs({
  options: { nodes: { type: 'string', default: '200' }, queries: { type: 'string', default: '200' }, dir: { type: 'string' } },
});
const nodeCount = Number(options.nodes);
const queryCount = Number(options.queries);
const nowMs = Date.now();
const dir = options.dir ?? mkdtempSync(path.join(tmpdir(), 'farshore-bench-'));
// The database's OS user must be able to enter it.
chmodSync(dir, 0o711);
const say = (line: string): void => console.error(line);
const stops: (() => Promise<void>)[] = [];

/** Each table as far back as the product keeps it, within 90 days. */
const FILLS: readonly { table: SampleTable; tier: number | null; stepMs: number; keptMs: number }[] = [
  { table: 'sample', tier: null, stepMs: SECOND_MS, keptMs: 2 * HOUR_MS },
  { table: 'sample_tier_10', tier: 10, stepMs: 10 * SECOND_MS, keptMs: 2 * DAY_MS },
  { table: 'sample_tier_60', tier: 60, stepMs: 60 * SECOND_MS, keptMs: 90 * DAY_MS },
  { table: 'sample_tier_600', tier: 600, stepMs: 600 * SECOND_MS, keptMs: 90 * DAY_MS },
];

try {
  await run();
} finally {
  for (const stop of stops.reverse()) await stop();
  if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
}

async function run(): Promise<void> {
  const database = await startPrivatePostgres({ dir: path.join(dir, 'database') });
  stops.push(() => database.stop());
  await applyMigrations(database.url);
  // Filling is not what is measured: it may be lost in a crash, and is not waited for.
  const filler = new pg.Client({ connectionString: database.url });
  filler.on('error', () => undefined);
  await filler.connect();
  await filler.query('SET synchronous_commit = off');
  const nodeIds = await registerNodes(filler);
  const startedMs = performance.now();
  const rows: [string, string][] = [];
  for (const fill of FILLS) {
    const count = await fillTable(filler, nodeIds, fill);
    rows.push([fill.table, `${count.toLocaleString('en-US')} rows, ${(fill.keptMs / DAY_MS).toFixed(fill.keptMs < DAY_MS ? 2 : 0)} days`]);
    say(`${fill.table}: ${count.toLocaleString('en-US')} rows`);
  }
  await filler.query('VACUUM (ANALYZE) sample, sample_tier');
  const { rows: sizes } = await filler.query<{ bytes: string }>('SELECT pg_database_size(current_database())::text AS bytes');
  rows.push([
    'database',
    `${(Number(sizes[0]?.bytes) / 1024 ** 3).toFixed(1)} GiB, filled in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`,
  ]);
  await filler.end();

  const pool = createPool(database.url, { max: 4, applicationName: 'bench chart query' });
  stops.push(() => pool.end());
  const measured: [string, string][] = [];
  for (const { label, lengthMs } of RANGE_PRESETS)
    measured.push([`${label}, all ${SERIES_METRICS.length} metrics`, await measure(pool, nodeIds, lengthMs, SERIES_METRICS)]);
  measured.push(['24 h, one metric', await measure(pool, nodeIds, DAY_MS, ['lagMs'])]);
  measured.push(['24 h, 4,000 points, one metric', await measure(pool, nodeIds, DAY_MS, ['lagMs'], 4_000)]);
  const machine: [string, string] = [
    'machine',
    `${cpus().length} cores, ${nodeCount} nodes, ${queryCount} queries each, one at a time, ${POINTS} points`,
  ];
  print([machine, ...rows, ['', 'first query / p50 / p95 / max'], ...measured]);
}

async function registerNodes(client: pg.Client): Promise<number[]> {
  const { rows } = await client.query<{ id: number }>(
    `WITH c AS (INSERT INTO cluster (slug, name, jurisdictions) VALUES ('bench', 'bench', '{}') RETURNING id)
     INSERT INTO node (uuid, cluster_id, name, provider, region, zone, jurisdiction)
     SELECT gen_random_uuid(), c.id, 'node-' || i, 'aws', 'us-east-1', 'a', 'US' FROM c, generate_series(1, $1::int) AS i RETURNING id`,
    [nodeCount],
  );
  return rows.map(({ id }) => id);
}

async function fillTable(client: pg.Client, nodeIds: readonly number[], fill: (typeof FILLS)[number]): Promise<number> {
  let count = 0;
  const untilMs = Math.floor(nowMs / fill.stepMs) * fill.stepMs;
  for (let fromMs = untilMs - fill.keptMs; fromMs < untilMs;) {
    const toMs = Math.min(partitionFor(fill.table, fromMs).toMs, fromMs + 7 * DAY_MS, untilMs);
    await ensurePartitions(client, fill.table, [fromMs]);
    const times = `generate_series($1::int8, $2::int8 - 1, ${fill.stepMs}::int8) AS t, unnest($3::int4[]) AS n`;
    const result = await client.query(fill.tier === null ? rawInsert(times) : tierInsert(fill.tier, times), [fromMs, toMs, nodeIds]);
    count += result.rowCount ?? 0;
    fromMs = toMs;
  }
  return count;
}

/** Every column is filled: an empty one would make rows, and with them the number of pages, smaller than in life. */
function rawInsert(times: string): string {
  return `INSERT INTO sample (node_id, observed_at, sequence, received_at, server_state, in_recovery,
    timeline, flush_lsn, receive_lsn, replay_lsn, transport_lag_bytes, apply_lag_bytes, lag_ms, commit_ms, wal_bytes_per_second, slot_retained_bytes,
    data_free_bytes, wal_free_bytes, wal_directory_bytes, archive_ready_count, archive_failed_count, connections_used, clock_offset_ms, stored_xact)
  SELECT n, to_timestamp(t / 1000), t / 1000, to_timestamp(t / 1000), 'accepting', true, 1, t, t, t, random() * 1e6, random() * 1e5, random() * 900,
    random() * 9, random() * 1e6, 1e6, 1e11, 1e10, 1e9, 2, 0, 40, 3, 1 FROM ${times}`;
}

function tierInsert(tier: number, times: string): string {
  return `INSERT INTO sample_tier (tier, node_id, bucket_at, samples, timeline_last,
    flush_lsn_last, replay_lsn_last, transport_lag_bytes_min, transport_lag_bytes_max, apply_lag_bytes_min, apply_lag_bytes_max, lag_ms_min, lag_ms_max,
    lag_ms_last, commit_ms_max, wal_bytes_per_second_avg, wal_bytes_per_second_max, slot_retained_bytes_max, data_free_bytes_min, wal_free_bytes_min,
    archive_ready_count_max, connections_used_max)
  SELECT ${tier}, n, to_timestamp(t / 1000), ${tier}, 1, t, t, 0, random() * 1e6, 0, random() * 1e5, 0, random() * 900, 3, random() * 9, 1e5,
    random() * 1e6, 1e6, 1e11, 1e10, 2, 40 FROM ${times}`;
}

/** Milliseconds from asking to having the answer in the process, for nodes at random. */
async function measure(
  pool: pg.Pool,
  nodeIds: readonly number[],
  lengthMs: number,
  metrics: readonly (typeof SERIES_METRICS)[number][],
  pointsMax = POINTS,
): Promise<string> {
  const tookMs: number[] = [];
  let known = 0;
  for (let query = 0; query < queryCount; query++) {
    const nodeId = nodeIds[Math.floor(Math.random() * nodeIds.length)]!;
    const startMs = performance.now();
    const series = await readSeries(pool, { nodeId, metrics, fromMs: nowMs - lengthMs, toMs: nowMs, pointsMax });
    tookMs.push(performance.now() - startMs);
    known = series.values.lagMs?.max.filter((value) => value !== null).length ?? 0;
  }
  const [first = Number.NaN] = tookMs;
  const sorted = tookMs.toSorted((a, b) => a - b);
  const [p50, p95, max] = [0.5, 0.95, 1].map((share) => percentile(sorted, share).toFixed(1));
  return `${first.toFixed(1)} / ${p50} / ${p95} / ${max} ms (${known} points known)`;
}

function print(rows: readonly [string, string][]): void {
  const width = Math.max(...rows.map(([label]) => label.length));
  console.log(rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`).join('\n'));
}
