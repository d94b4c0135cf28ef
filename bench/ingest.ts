/**
 * `npm run bench:ingest`: simulated agents, each with its own certificate and mTLS connection, send a sample each second to a real
 * controller on a real, durable PostgreSQL. Prints one table. The load generators are processes of their own, and their CPU is not
 * counted for the controller. The real web application runs beside it, and live streams are followed as a signed-in browser does.
 * Options: --agents 1000 --seconds 60 --warmup 10 --dir DIR
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { openAuthority } from '../controller/pki/certificate-authority.ts';
import { startPrivatePostgres } from '../controller/private-postgres.ts';
import { build } from '../setup/build.ts';
import { applyMigrations } from '../lib/db/ground/migrations.ts';
import { freePort, waitFor } from '../test/live-postgres.ts';
import { makeKeyAndRequest } from '../test/simulated-agent.ts';
import { NODES_PER_CLUSTER, clusterSlug, simulatedFleet } from '../test/simulated-observation.ts';
import type { LoadOrders, LoadResult } from './ingest-load.ts';
import { BrowserEvents } from './browser-events.ts';
import { LiveObserver, percentile } from './live-observer.ts';
import { processCpuMs, residentBytes, treeCpuMs } from './process-usage.ts';
import { prepareAccount, sessionCookie, startWeb, stopProcess } from './web-process.ts';

const LOAD_PROCESSES = 2;
/** Clusters whose pages are open, spread over the second: neighbours send at nearly the same moment. */
const WATCHED_CLUSTERS = 4;
const ROOT = path.join(import.meta.dirname, '..');
const MIB = 1024 * 1024;

const { values: options } = parseArgs({
  options: {
    agents: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
    warmup: { type: 'string', default: '10' },
    dir: { type: 'string' },
  },
});
const agentCount = Number(options.agents);
const seconds = Number(options.seconds);
const warmupSeconds = Number(options.warmup);
const dir = options.dir ?? mkdtempSync(path.join(tmpdir(), 'farshore-bench-'));
// The database's OS user must be able to enter it; what is secret inside has modes of its own.
chmodSync(dir, 0o711);
const say = (line: string): void => console.error(line);
const stops: (() => Promise<void> | void)[] = [];

try {
  await run();
} finally {
  for (const stop of stops.reverse()) await stop();
  if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
}

async function run(): Promise<void> {
  await build();
  const loadAtStart = loadavg()[0] ?? Number.NaN;
  say('Starting the control database, the controller and the web application …');
  const database = await startPrivatePostgres({ dir: path.join(dir, 'database') });
  stops.push(() => database.stop());
  const postmasterPid = Number(readFileSync(path.join(dir, 'database/data/postmaster.pid'), 'utf8').split('\n', 1)[0]);
  await applyMigrations(database.url);
  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  // An idle connection that the database ends must not end the bench before it has cleaned up.
  pool.on('error', () => undefined);
  stops.push(() => pool.end());
  const { caPem, nodes } = await registerFleet(pool);
  const [gatewayPort, healthPort] = [await freePort(), await freePort()];
  const controller = startController(database.url, gatewayPort, healthPort);
  stops.push(() => stopProcess(controller));
  const pid = controller.pid ?? 0;
  const health = async () => (await (await fetch(`http://127.0.0.1:${healthPort}/healthz`)).json()) as HealthFigures;
  await waitFor('the controller', async () => (await health()).leader, 30_000);

  const account = await prepareAccount(database.url, database.webUrl);
  const web = await startWeb(database.webUrl, path.join(dir, 'web.log'));
  stops.push(web.stop);

  const startAtMs = Date.now() + 4_000 + agentCount;
  const totalSeconds = warmupSeconds + seconds;
  say(`${agentCount} agents connect and send for ${totalSeconds} s, of which the last ${seconds} s are measured …`);
  const loads = Array.from({ length: LOAD_PROCESSES }, (_unused, part) => {
    const mine = nodes.filter((_node, index) => index % LOAD_PROCESSES === part);
    return startLoad(part, { url: `https://127.0.0.1:${gatewayPort}`, caPem, startAtMs, seconds: totalSeconds, nodes: mine });
  });
  await delay(Math.max(0, startAtMs + warmupSeconds * 1000 - Date.now()));

  const clusters = Math.ceil(agentCount / NODES_PER_CLUSTER);
  const slugs = Array.from({ length: Math.min(WATCHED_CLUSTERS, clusters) }, (_unused, index) =>
    clusterSlug(Math.floor((index * clusters) / WATCHED_CLUSTERS)),
  );
  const observer = new LiveObserver(database.url, slugs);
  stops.push(async () => void (await observer.stop()));
  const events = new BrowserEvents({ url: web.url, cookie: await sessionCookie(web.url, account), slugs });
  const webRole = new URL(database.webUrl).username;
  const usage = async (): Promise<Usage> => ({
    atMs: performance.now(),
    controllerMs: processCpuMs(pid),
    databaseMs: treeCpuMs(postmasterPid),
    webMs: treeCpuMs(web.pid),
    webBackendsMs: await backendsCpuMs(pool, webRole),
  });
  const before = await usage();
  const resident: number[] = [];
  for (let third = 1; third <= 3; third += 1) {
    await delay(Math.max(0, before.atMs + (third * seconds * 1000) / 3 - performance.now()));
    resident.push(residentBytes(pid));
  }
  const after = await usage();
  const loadAtEnd = loadavg()[0] ?? Number.NaN;
  const liveMs = await observer.stop();
  const browserMs = await events.stop();
  const results = await Promise.all(loads);
  const { rows } = await pool.query<{ count: string }>('SELECT count(*) FROM sample');
  printTable({
    ...{ results, stored: Number(rows[0]?.count), before, after, resident, liveMs, browserMs, health: await health() },
    loads: [loadAtStart, loadAtEnd],
  });
}

interface HealthFigures {
  leader: boolean;
  ingest: { flushes: number; lastFlushMs: number; batchesRefused: number };
  evaluation: { passes: number; evaluations: number; lastPassMs: number; evaluationFailures: number } | null;
}

/** Registers clusters and nodes and signs a real certificate for each, as joining would. */
async function registerFleet(pool: pg.Pool) {
  const authority = await openAuthority(path.join(dir, 'pki'));
  const fleet = simulatedFleet(agentCount);
  const nodes: LoadOrders['nodes'] = [];
  const clusterIds = new Map<number, number>();
  for (const [index, node] of fleet.entries()) {
    let clusterId = clusterIds.get(node.clusterIndex);
    if (clusterId === undefined) {
      const { rows } = await pool.query<{ id: number }>(
        "INSERT INTO cluster (slug, name, jurisdictions) VALUES ($1, $1, '{}') RETURNING id",
        [node.clusterSlug],
      );
      clusterId = rows[0]?.id ?? 0;
      clusterIds.set(node.clusterIndex, clusterId);
    }
    const { rows } = await pool.query<{ id: number; uuid: string }>(
      `INSERT INTO node (uuid, cluster_id, name, provider, region, zone, jurisdiction, enrolled_at)
       VALUES (gen_random_uuid(), $1, $2, 'aws', 'us-east-1', $3, 'US', now()) RETURNING id, uuid`,
      [clusterId, node.name, `zone-${node.nodeIndex}`],
    );
    const { keyPem, csrPem } = await makeKeyAndRequest();
    const certificate = await authority.signNodeCertificate(csrPem, rows[0]?.uuid ?? '');
    await pool.query('INSERT INTO node_identity (node_id, generation, fingerprint_sha256, not_after) VALUES ($1, 1, $2, $3)', [
      rows[0]?.id,
      certificate.fingerprintSha256,
      certificate.notAfter,
    ]);
    nodes.push({ ...node, keyPem, certificatePem: certificate.certificatePem, phaseMs: Math.floor((index * 1000) / agentCount) });
  }
  return { caPem: authority.caPem, nodes };
}

function startController(databaseUrl: string, gatewayPort: number, healthPort: number): ChildProcess {
  const env = {
    PATH: process.env['PATH'] ?? '',
    NODE_ENV: 'production' as const,
    DATABASE_URL: databaseUrl,
    FARSHORE_DIR: dir,
    FARSHORE_GATEWAY_HOST: '127.0.0.1',
    FARSHORE_GATEWAY_PORT: String(gatewayPort),
    FARSHORE_HEALTH_PORT: String(healthPort),
    FARSHORE_LOG_LEVEL: 'error',
  };
  const profile = process.env['FARSHORE_BENCH_PROFILE'];
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  return spawn(process.execPath, [...flags, path.join(ROOT, 'controller/main.ts')], {
    env,
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

function startLoad(part: number, orders: LoadOrders): Promise<LoadResult> {
  const file = path.join(dir, `load-${part}.json`);
  writeFileSync(file, JSON.stringify(orders), { mode: 0o600 });
  const child = spawn(process.execPath, [path.join(ROOT, 'bench/ingest-load.ts'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: ROOT,
  });
  stops.push(() => stopProcess(child));
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return once(child, 'close').then(() => JSON.parse(text) as LoadResult);
}

interface Usage {
  atMs: number;
  controllerMs: number;
  databaseMs: number;
  /** The web application, and the database's backends that serve it (which `databaseMs` has too). */
  webMs: number;
  webBackendsMs: number;
}

/** CPU of the backends that a role is connected by now: its pool keeps them open. */
async function backendsCpuMs(pool: pg.Pool, role: string): Promise<number> {
  const { rows } = await pool.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE usename = $1', [role]);
  return rows.reduce((total, { pid }) => total + processCpuMs(pid), 0);
}

function printTable(measured: {
  results: readonly LoadResult[];
  stored: number;
  before: Usage;
  after: Usage;
  resident: readonly number[];
  liveMs: readonly number[];
  browserMs: readonly number[];
  health: HealthFigures;
  loads: readonly number[];
}): void {
  const { results, stored, before, after, resident, health } = measured;
  const sum = (pick: (result: LoadResult) => number): number => results.reduce((total, result) => total + pick(result), 0);
  const sent = sum(({ sent: count }) => count);
  const durable = sum(({ durable: count }) => count);
  // Those of the warm-up, in which all agents connect at once, come first in each list and are not measured.
  const latencies = results
    .flatMap(({ latenciesMs }) => latenciesMs.slice(Math.floor((latenciesMs.length * warmupSeconds) / (warmupSeconds + seconds))))
    .sort((a, b) => a - b);
  const elapsedMs = after.atMs - before.atMs;
  const cores = (ms: number): string => `${((ms / elapsedMs) * 100).toFixed(1)} % of one core`;
  const spent = (pick: (usage: Usage) => number): number => pick(after) - pick(before);
  const controllerMs = spent((usage) => usage.controllerMs);
  // Database work for browsers is counted with them.
  const databaseMs = spent((usage) => usage.databaseMs - usage.webBackendsMs);
  const at = (share: number): string => `${percentile(latencies, share).toFixed(0)} ms`;
  const refused = Object.entries(Object.assign({}, ...results.map((result) => result.refused)) as Record<string, number>);
  const ages = (ms: readonly number[]): string => {
    const sorted = ms.toSorted((a, b) => a - b);
    return `${[0.5, 0.95, 0.99].map((share) => percentile(sorted, share).toFixed(0)).join(' / ')} ms (${sorted.length} observations)`;
  };
  const rows: [string, string][] = [
    [
      'agents, clusters, seconds',
      `${agentCount}, ${Math.ceil(agentCount / NODES_PER_CLUSTER)}, ${warmupSeconds} warm-up + ${seconds} measured`,
    ],
    ['machine', `${cpus().length} cores, Node ${process.versions.node}`],
    ['load average at the start and the end', measured.loads.map((load) => load.toFixed(1)).join(', ')],
    ['samples sent / acknowledged / in the table', `${sent} / ${durable} / ${stored}`],
    ['lost', String(sent - stored)],
    ['requests refused, then repeated', refused.length === 0 ? 'none' : refused.map(([why, count]) => `${why}: ${count}`).join(', ')],
    ['sample → durable, p50 / p95 / p99 / max', [0.5, 0.95, 0.99, 1].map(at).join(' / ')],
    ['sample → notice and view read, p50 / p95 / p99', ages(measured.liveMs)],
    ['sample → browser event, p50 / p95 / p99', ages(measured.browserMs)],
    ['controller CPU', cores(controllerMs)],
    ['PostgreSQL CPU, without what it does for web', cores(databaseMs)],
    ['controller + PostgreSQL', cores(controllerMs + databaseMs)],
    [
      'web CPU, and its database backends (not counted)',
      `${cores(spent((usage) => usage.webMs))}, ${cores(spent((usage) => usage.webBackendsMs))}`,
    ],
    ['load generators CPU (not counted)', cores((sum(({ cpuMs }) => cpuMs) * elapsedMs) / ((warmupSeconds + seconds) * 1000))],
    ['controller resident at 1/3, 2/3, end', resident.map((bytes) => `${(bytes / MIB).toFixed(0)} MiB`).join(' / ')],
    ['request body, mean', `${(sum(({ requestBytes }) => requestBytes) / Math.max(1, sent)).toFixed(0)} bytes`],
    [
      'evaluations per second, last pass',
      `${((health.evaluation?.evaluations ?? 0) / (warmupSeconds + seconds)).toFixed(0)}, ${health.evaluation?.lastPassMs.toFixed(0) ?? '–'} ms`,
    ],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  console.log(rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`).join('\n'));
}
