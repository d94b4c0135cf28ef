/**
 * `node bench/web.ts`: 1,000 simulated nodes in 150 clusters, one of them with 200 nodes, renewed each second in a real control
 * database; the built web application (`next start`) and a real Chromium on the same machine. Prints one table beside the goals.
 * Options: --minutes 3 (how long the live pages stay open for the figure of memory; an hour is the goal’s measure), --requests 60, --dir DIR,
 * --only responses,loads,interactions,redraw,scripts,memory (any of these)
 */
import { fork } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Browser, type BrowserContext, type Page, chromium } from '@playwright/test';
import { startPrivatePostgres } from '../controller/private-postgres.ts';
import { chromiumPath } from '../e2e/fixtures/chromium.ts';
import { applyMigrations } from '../lib/db/ground/migrations.ts';
import { build } from '../setup/build.ts';
import { percentile } from './live-observer.ts';
import { processCpuMs, residentBytes } from './process-usage.ts';
import { BIG_CLUSTER_NODES, CLUSTERS, NODES, clusterSlug } from './web-fleet.ts';
import type { FleetMode, FleetReport } from './web-fleet.ts';
import { prepareAccount, startWeb, stopProcess } from './web-process.ts';
import type { Account } from './web-process.ts';
import { forgetDrawnCards, heapOf, openPage, pageFigures, scriptBytes } from './web-page.ts';

const ROOT = path.join(import.meta.dirname, '..');
const MIB = 1024 * 1024;
const KB = 1000;
const LOADS = 5;
const SETTLE_MS = 4_000;
const SHIFT_WATCH_MS = 20_000;
const ONE_NODE_WATCH_MS = 8_000;
const CHROMIUM_FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    requests: { type: 'string', default: '60' },
    dir: { type: 'string' },
    only: { type: 'string' },
  },
});
const minutes = Number(options.minutes);
const requests = Number(options.requests);
const dir = options.dir ?? mkdtempSync(path.join(tmpdir(), 'farshore-bench-web-'));
chmodSync(dir, 0o711);
const wanted = options.only?.split(',') ?? null;
const say = (line: string): void => console.error(line);
const stops: (() => Promise<void> | void)[] = [];
type Row = [what: string, measured: string, goal: string];
const rows: Row[] = [];
const add = (row: Row): void => {
  rows.push(row);
  say(`  ${row.join(' | ')}`);
};

try {
  await run();
} finally {
  for (const stop of stops.reverse()) await stop();
  if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
}

async function run(): Promise<void> {
  await build();
  say('Starting the control database, the fleet and the web application …');
  const database = await startPrivatePostgres({ dir: path.join(dir, 'database') });
  stops.push(() => database.stop());
  await applyMigrations(database.url);
  const account = await prepareAccount(database.url, database.webUrl);
  const fleet = startFleet(database.url);
  await fleet.ready;
  const web = await startWeb(database.webUrl, path.join(dir, 'web.log'));
  const { url } = web;
  stops.push(web.stop);

  const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_FLAGS });
  stops.push(() => browser.close());
  const { context, cookie } = await signedIn(browser, url, account);
  const big = `/clusters/${clusterSlug(0)}`;
  const cpuBefore = { atMs: performance.now(), webMs: processCpuMs(web.pid) };

  const overview = { name: 'overview', url: url + '/' };
  const cluster = { name: `cluster of ${BIG_CLUSTER_NODES} nodes`, url: url + big };
  const findings = { name: `findings of ${CLUSTERS} clusters`, url: url + '/findings' };
  await part('responses', `Server responses: ${requests} of each page while every cluster is renewed each second …`, async () => {
    for (const page of [overview, cluster, findings]) await serverResponses(page.name, page.url, cookie);
  });
  await part('loads', 'Loading and drawing …', async () => {
    for (const page of [overview, cluster, findings]) await loads(context, page.name, page.url);
  });
  await part('interactions', 'Interactions while live updates run …', async () => {
    await interactions(context, overview.name, overview.url, operateOverview);
    await interactions(context, cluster.name, cluster.url, operateCluster);
    await interactions(context, findings.name, findings.url, operateFindings);
  });
  await part('redraw', 'One node changes …', () => oneNodeDraws(context, cluster.url, fleet));
  await part('scripts', 'JavaScript of first loads …', () => firstLoads(browser, context, url));
  await part('memory', `Memory over ${minutes} min of live updates on both pages …`, () => memory(context, [overview.url, cluster.url]));
  const elapsedMs = performance.now() - cpuBefore.atMs;
  add([
    'web process: CPU, resident',
    `${(((processCpuMs(web.pid) - cpuBefore.webMs) / elapsedMs) * 100).toFixed(0)} % of one core, ${(residentBytes(web.pid) / MIB).toFixed(0)} MiB`,
    '–',
  ]);
  add([
    'fleet: time to write one second’s views',
    `${percentile(
      fleet.renewsMs.toSorted((a, b) => a - b),
      0.5,
    ).toFixed(0)} ms (median)`,
    '–',
  ]);
  printTable();
}

function startFleet(databaseUrl: string) {
  const child = fork(path.join(ROOT, 'bench/web-fleet.ts'), {
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', FLEET_DATABASE_URL: databaseUrl },
  });
  stops.push(() => stopProcess(child));
  const renewsMs: number[] = [];
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (report: FleetReport) => ('ready' in report ? resolve() : renewsMs.push(report.renewMs)));
    child.once('exit', () => reject(new Error('The process of the simulated fleet ended.')));
  });
  return { ready, renewsMs, ask: (mode: FleetMode) => child.send(mode) };
}

async function signedIn(browser: Browser, url: string, account: Account): Promise<{ context: BrowserContext; cookie: string }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('Email').fill(account.email);
  await page.getByLabel('Password').fill(account.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Clusters' }).waitFor({ timeout: 30_000 });
  await page.close();
  const cookies = await context.cookies();
  return { context, cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') };
}

async function part(name: string, what: string, work: () => Promise<void>): Promise<void> {
  if (wanted !== null && !wanted.includes(name)) return;
  say(what);
  await work();
}

async function serverResponses(page: string, url: string, cookie: string): Promise<void> {
  const watcher = new AbortController();
  // Somebody watches meanwhile, as in real life.
  void fetch(new URL('/api/live/clusters', url), { headers: { cookie }, signal: watcher.signal })
    .then(async (response) => {
      for await (const _chunk of response.body ?? []) void _chunk;
    })
    .catch(() => undefined);
  const times: number[] = [];
  let bytes = 0;
  for (let index = 0; index < requests + 3; index += 1) {
    const startedMs = performance.now();
    const response = await fetch(url, { headers: { cookie }, redirect: 'error' });
    bytes = (await response.text()).length;
    // The first few compile what is compiled once.
    if (index >= 3) times.push(performance.now() - startedMs);
    await delay(40);
  }
  watcher.abort();
  times.sort((a, b) => a - b);
  add([
    `server response, ${page}: p50 / p95`,
    `${percentile(times, 0.5).toFixed(0)} / ${percentile(times, 0.95).toFixed(0)} ms (${Math.round(bytes / KB)} kB of HTML)`,
    'p95 ≤ 300 ms',
  ]);
}

async function loads(context: BrowserContext, name: string, url: string): Promise<void> {
  const paints: number[] = [];
  let shift = 0;
  for (let load = 0; load < LOADS; load += 1) {
    const page = await openPage(context, url);
    await page.waitForTimeout(load === LOADS - 1 ? SHIFT_WATCH_MS : SETTLE_MS);
    const figures = await pageFigures(page);
    paints.push(figures.lcpMs);
    shift = Math.max(shift, figures.shift);
    await page.close();
  }
  paints.sort((a, b) => a - b);
  add([`LCP, ${name}: median / worst of ${LOADS}`, `${percentile(paints, 0.5).toFixed(0)} / ${paints.at(-1)?.toFixed(0)} ms`, '≤ 1500 ms']);
  add([`CLS, ${name}: worst, ${SHIFT_WATCH_MS / 1000} s of live updates`, shift.toFixed(4), '≤ 0.02']);
}

async function interactions(context: BrowserContext, name: string, url: string, operate: (page: Page) => Promise<void>): Promise<void> {
  const page = await openPage(context, url);
  await page.waitForTimeout(SETTLE_MS);
  for (let round = 0; round < 3; round += 1) await operate(page);
  await page.waitForTimeout(1_000);
  const { interactions: found } = await pageFigures(page);
  await page.close();
  const sorted = found.map(({ totalMs }) => totalMs).sort((a, b) => a - b);
  const worst = found.toSorted((a, b) => b.totalMs - a.totalMs).slice(0, 4);
  for (const { what, totalMs, waitMs, workMs, paintMs } of worst) {
    say(`    ${totalMs} ms (waited ${waitMs.toFixed(0)}, worked ${workMs.toFixed(0)}, painted ${paintMs.toFixed(0)}): ${what}`);
  }
  // The browser reports those from 16 ms; the others count as faster.
  add([
    `interactions ≥ 16 ms, ${name}: count, p50 / p95 / worst`,
    sorted.length === 0
      ? 'none'
      : `${sorted.length}, ${[0.5, 0.95, 1].map((share) => percentile(sorted, share).toFixed(0)).join(' / ')} ms`,
    'worst ≤ 100 ms',
  ]);
}

async function operateOverview(page: Page): Promise<void> {
  const search = page.getByRole('searchbox', { name: 'Search clusters' });
  await search.click();
  await search.pressSequentially('bench-1', { delay: 60 });
  await page.waitForTimeout(300);
  await search.press('ControlOrMeta+a');
  await search.press('Backspace');
  for (const band of [/Critical/, /Warning/, /OK/, /^All/]) {
    await page.getByRole('group', { name: 'Show clusters by severity' }).getByRole('button', { name: band }).click();
    await page.waitForTimeout(300);
  }
  const more = page.getByRole('button', { name: /^Show \d+ more/ });
  if (await more.isVisible()) await more.click();
  await page.keyboard.press('ControlOrMeta+k');
  await page.getByRole('combobox').pressSequentially('n01', { delay: 60 });
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Escape');
  await page.waitForTimeout(300);
}

async function operateCluster(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /Show each of them/ })
    .first()
    .click();
  await page.waitForTimeout(400);
  await page
    .getByRole('button', { name: /standby, streaming/ })
    .first()
    .click();
  await page.getByRole('dialog').waitFor();
  await page.waitForTimeout(300);
  await page.keyboard.press('Escape');
  await page
    .getByRole('button', { name: /^Collapse the nodes/ })
    .first()
    .click();
  await page.getByRole('tab', { name: 'Table' }).click();
  await page.waitForTimeout(400);
  await page.getByRole('tab', { name: 'Graph' }).click();
  await page.waitForTimeout(400);
}

async function operateFindings(page: Page): Promise<void> {
  await page.getByText('Evidence, impact and likely causes').first().click();
  await page.waitForTimeout(300);
  for (const [label, value] of [
    ['Severity', 'critical'],
    ['Severity', ''],
    ['Cluster', clusterSlug(7)],
    ['Cluster', ''],
  ] as const) {
    await page.getByLabel(label, { exact: true }).selectOption(value);
    await page.waitForTimeout(300);
  }
  for (const tab of ['Resolved', 'Open']) {
    await page.getByRole('tab', { name: tab }).click();
    await page.waitForTimeout(400);
  }
}

/** Opens a site of 25 nodes; then a single one of them changes each second. */
async function oneNodeDraws(context: BrowserContext, url: string, fleet: ReturnType<typeof startFleet>): Promise<void> {
  const page = await openPage(context, url);
  await page.waitForTimeout(SETTLE_MS);
  await page
    .getByRole('button', { name: /Show each of them/ })
    .first()
    .click();
  const cards = page.locator('[data-node]');
  await cards.nth(5).waitFor();
  const node = (await cards.nth(5).getAttribute('data-node')) ?? '';
  fleet.ask({ mode: 'one-node', node });
  await page.waitForTimeout(2_500);
  await forgetDrawnCards(page);
  await page.waitForTimeout(ONE_NODE_WATCH_MS);
  const { drawnCards } = await pageFigures(page);
  fleet.ask({ mode: 'all' });
  const drawn = new Set(drawnCards.flat());
  const total = await cards.count();
  add([
    `cards drawn again when one node changes (of ${total} on screen)`,
    `${drawn.size} (${drawnCards.length} updates, each drew ${Math.max(0, ...drawnCards.map((names) => names.length))})${drawn.size === 1 && drawn.has(node) ? ', that node’s' : ''}`,
    'only that node',
  ]);
  await page.close();
}

async function firstLoads(browser: Browser, signedInContext: BrowserContext, url: string): Promise<void> {
  const big = clusterSlug(0);
  const paths = [
    '/sign-in',
    '/',
    `/clusters/${big}`,
    `/clusters/${big}/nodes`,
    `/clusters/${big}/slots`,
    `/clusters/${big}/archive`,
    `/clusters/${big}/nodes/${big}-n001`,
    '/findings',
    '/settings',
  ];
  for (const wanted of paths) {
    // A context of its own has an empty cache.
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    if (wanted !== '/sign-in') await context.addCookies(await signedInContext.cookies());
    const page = await context.newPage();
    const response = await page.goto(url + wanted, { waitUntil: 'load' });
    await page.waitForTimeout(1_500);
    const charted = wanted.includes('/nodes/');
    add([
      `JavaScript of the first load, ${wanted}`,
      response?.status() === 200 ? `${((await scriptBytes(page)) / KB).toFixed(0)} kB gzip` : `not there (status ${response?.status()})`,
      charted ? '– (charts)' : '≤ 250 kB',
    ]);
    await context.close();
  }
}

async function memory(context: BrowserContext, urls: readonly string[]): Promise<void> {
  const pages = await Promise.all(urls.map((url) => openPage(context, url)));
  const sessions = await Promise.all(pages.map((page) => context.newCDPSession(page)));
  await delay(10_000);
  const heaps: { bytes: number; domNodes: number }[][] = [];
  const steps = 3;
  for (let step = 0; step <= steps; step += 1) {
    if (step > 0) await delay((minutes * 60_000) / steps);
    heaps.push(await Promise.all(sessions.map(heapOf)));
  }
  for (const [index, url] of urls.entries()) {
    const of = heaps.map((taken) => taken[index]!);
    add([
      `heap of ${new URL(url).pathname} over ${minutes} min (after collection)`,
      `${of.map(({ bytes }) => (bytes / MIB).toFixed(1)).join(' → ')} MiB; ${of[0]?.domNodes} → ${of.at(-1)?.domNodes} DOM nodes`,
      'flat',
    ]);
  }
}

function printTable(): void {
  const table: [string, string, string][] = [
    ['nodes, clusters', `${NODES}, ${CLUSTERS}, each renewed once a second`, ''],
    ['machine', `${cpus().length} cores, Node ${process.versions.node}; database, web, fleet and Chromium share them`, ''],
    ...rows,
  ];
  const widths = [0, 1].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  console.log(
    table.map(([what, measured, goal]) => `${what.padEnd(widths[0]!)}  ${measured.padEnd(widths[1]!)}  ${goal}`.trimEnd()).join('\n'),
  );
}
