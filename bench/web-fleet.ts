/**
 * The simulated fleet of `bench/web`: views computed once by the domain, then renewed each second as the controller does it, one
 * statement and one notice. A process of its own, so that its work is not counted for the web application.
 */
import pg from 'pg';
import { notifyLive } from '../lib/db/ground/channels.ts';
import { storeClusterViews } from '../lib/db/samples/cluster-latest.ts';
import type { ClusterViewRow } from '../lib/db/samples/cluster-latest.ts';
import { adviceFor } from '../lib/domain/findings/catalogue.ts';
import type { Finding, Severity } from '../lib/domain/findings/model.ts';
import type { ClusterView, NodeView, Site } from '../lib/domain/topology/model.ts';
import { aClusterInput, aDownstream, aPrimary, aSlot, aStandby, evaluated } from '../test/builders/index.ts';

export const BIG_CLUSTER_NODES = 200;
export const CLUSTERS = 150;
export const NODES = 1_000;
const RENEW_EVERY_MS = 1_000;

const SITES: readonly Site[] = [
  { provider: 'aws', region: 'us-east-1', zone: 'a', jurisdiction: 'US' },
  { provider: 'aws', region: 'us-west-2', zone: 'b', jurisdiction: 'US' },
  { provider: 'gcp', region: 'us-east4', zone: 'a', jurisdiction: 'US' },
  { provider: 'gcp', region: 'europe-west4', zone: 'c', jurisdiction: 'EU' },
  { provider: 'azure', region: 'westeurope', zone: '1', jurisdiction: 'EU' },
  { provider: 'rackspace', region: 'dfw', zone: 'a', jurisdiction: 'US' },
  { provider: 'rackspace', region: 'lon', zone: 'a', jurisdiction: 'GB' },
  { provider: 'oci', region: 'eu-frankfurt-1', zone: '2', jurisdiction: 'EU' },
];

export const clusterSlug = (index: number): string => `bench-${String(index).padStart(3, '0')}`;
const nodeName = (cluster: number, node: number): string => `${clusterSlug(cluster)}-n${String(node).padStart(3, '0')}`;

/** How many nodes each cluster has: one big one, the others share the rest. */
export function nodesOfClusters(): number[] {
  const rest = NODES - BIG_CLUSTER_NODES;
  const others = CLUSTERS - 1;
  return [
    BIG_CLUSTER_NODES,
    ...Array.from({ length: others }, (_unused, index) => Math.floor(rest / others) + (index < rest % others ? 1 : 0)),
  ];
}

/** Of a big cluster, the first node of each other site follows the primary and feeds those of its site. */
function upstreamOf(node: number, count: number): number {
  const site = node % SITES.length;
  return count <= SITES.length || site === 0 || node < SITES.length ? 0 : site;
}

function makeView(cluster: number, count: number): ClusterView {
  const name = (node: number) => nodeName(cluster, node);
  const fedBy = (feeder: number) =>
    Array.from({ length: count - 1 }, (_unused, index) => index + 1).filter(
      (node) => node !== feeder && upstreamOf(node, count) === feeder,
    );
  const nodes = Array.from({ length: count }, (_unused, node) => {
    const site = SITES[(node + cluster) % SITES.length]!;
    const postgres = {
      downstreams: fedBy(node).map((fed) => aDownstream(name(fed))),
      slots: fedBy(node).map((fed) => aSlot(name(fed).replaceAll('-', '_'))),
    };
    return node === 0 ? aPrimary(name(0), { site, postgres }) : aStandby(name(node), name(upstreamOf(node, count)), { site, postgres });
  });
  const slug = clusterSlug(cluster);
  const input = aClusterInput({ slug, name: `Bench ${cluster}`, leadership: { term: 3, holder: name(0), timeline: 1 }, nodes });
  const { view } = evaluated(input);
  const severity: Severity | null = cluster % 40 === 7 ? 'critical' : cluster % 9 === 2 ? 'warning' : null;
  const leadership = { holder: name(0), since: new Date(Date.now() - 86_400_000).toISOString(), source: 'first-seen' as const };
  return { ...view, leadership, findings: severity === null ? [] : [makeFinding(name(1), severity)] };
}

function makeFinding(nodeName: string, severity: Severity): Finding {
  const about = { code: 'slot-inactive' as const, nodeName, subject: 'spare' };
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const evidence = { retained: { kind: 'bytes' as const, value: 12_345_678 } };
  return {
    ...about,
    severity,
    id: crypto.randomUUID(),
    summary: `Slot spare on ${nodeName} is not used.`,
    evidence,
    since,
    lastSeenAt: since,
    ...adviceFor({ ...about, evidence }),
  };
}

/** The view a second later: everything was seen again, and every figure has moved a little. */
function renewed(view: ClusterView, nowMs: number): ClusterView {
  const iso = (agoMs: number) => new Date(nowMs - agoMs).toISOString();
  const some = (most: number) => Math.floor(Math.random() * most);
  return {
    ...view,
    computedAt: iso(0),
    nodes: view.nodes.map((node): NodeView => {
      const seen = { observedAt: iso(100 + some(900)), walBytesPerSecond: 200_000 + some(200_000), lsn: node.lsn };
      if (node.role === 'primary') return { ...node, ...seen, commitMs: 2 + some(30) / 10 };
      const transportBytes = some(40_000);
      const applyBytes = some(8_000);
      const lag = {
        ...node.lag,
        transportBytes,
        applyBytes,
        totalBytes: transportBytes + applyBytes,
        seconds: some(10) < 8 ? 0 : some(20) / 10,
      };
      return { ...node, ...seen, lag: { ...lag, primaryObservedAt: iso(300), standbyObservedAt: seen.observedAt } };
    }),
    links: view.links.map((link) => ({
      ...link,
      transportBytes: some(40_000),
      applyBytes: some(8_000),
      walBytesPerSecond: 200_000 + some(200_000),
      writeLagMs: some(20),
      observedAt: iso(200),
    })),
    rpo: { ...view.rpo, boundSeconds: some(12) / 10, boundBytes: some(40_000), since: iso(3_600_000) },
  };
}

/** Registers clusters and nodes, and returns their first views. */
async function register(pool: pg.Pool): Promise<ClusterViewRow[]> {
  const rows: ClusterViewRow[] = [];
  for (const [cluster, count] of nodesOfClusters().entries()) {
    const view = makeView(cluster, count);
    const { rows: inserted } = await pool.query<{ id: number }>(
      "INSERT INTO cluster (slug, name, jurisdictions, rpo_objective_seconds, rto_objective_seconds) VALUES ($1, $2, '{}', 5, 60) RETURNING id",
      [view.slug, view.name],
    );
    const clusterId = inserted[0]?.id ?? 0;
    await pool.query(
      `INSERT INTO node (uuid, cluster_id, name, provider, region, zone, jurisdiction, enrolled_at)
       SELECT gen_random_uuid(), $1, n.name, n.provider, n.region, n.zone, n.jurisdiction, now()
         FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) AS n(name, provider, region, zone, jurisdiction)`,
      [
        clusterId,
        view.nodes.map(({ name }) => name),
        ...(['provider', 'region', 'zone', 'jurisdiction'] as const).map((key) => view.nodes.map(({ site }) => site[key])),
      ],
    );
    // A month of what was wrong before, for the findings page.
    await pool.query(
      `INSERT INTO finding (id, cluster_id, code, node_name, severity, summary, evidence, since, last_seen_at, resolved_at)
       SELECT gen_random_uuid(), $1, (ARRAY['standby-not-receiving', 'replay-stalled', 'node-not-seen'])[1 + n % 3], $2, 'warning',
              'It was so, and was resolved.', '{}', at - interval '4 minutes', at, at
         FROM generate_series(1, 30) n, LATERAL (SELECT now() - n * interval '23 hours' AS at) t`,
      [clusterId, view.nodes[0]?.name],
    );
    rows.push({ clusterId, view, boards: null });
  }
  return rows;
}

/** Every cluster renewed, or one node of the big cluster alone. */
export type FleetMode = { mode: 'all' } | { mode: 'one-node'; node: string };
export type FleetReport = { ready: true } | { renewMs: number };

async function main(): Promise<void> {
  const pool = new pg.Pool({ connectionString: process.env['FLEET_DATABASE_URL'], max: 2 });
  pool.on('error', () => undefined);
  let rows = await register(pool);
  let mode: FleetMode = { mode: 'all' };
  process.on('message', (message: FleetMode) => (mode = message));
  process.on('disconnect', () => process.exit(0));
  const tell = (report: FleetReport) => process.send?.(report);
  let counter = 0;
  const renew = async () => {
    const startedMs = performance.now();
    const nowMs = Date.now();
    if (mode.mode === 'all') rows = rows.map((row) => ({ ...row, view: renewed(row.view, nowMs) }));
    else rows = [oneNodeChanged(rows[0]!, mode.node, nowMs), ...rows.slice(1)];
    const changed = mode.mode === 'all' ? rows : rows.slice(0, 1);
    await storeClusterViews(pool, changed, { leaderEpoch: 1, counter: (counter += 1) });
    await notifyLive(
      pool,
      changed.map(({ view }) => view.slug),
    );
    tell({ renewMs: performance.now() - startedMs });
  };
  await renew();
  tell({ ready: true });
  let running = false;
  setInterval(() => {
    if (running) return;
    running = true;
    void renew()
      .catch((error: Error) => console.error(`[fleet] ${error.message}`))
      .finally(() => (running = false));
  }, RENEW_EVERY_MS);
}

/** Of the big cluster, one node alone was seen with another lag; the others were only seen again by the same figures. */
function oneNodeChanged(row: ClusterViewRow, name: string, nowMs: number): ClusterViewRow {
  const at = new Date(nowMs).toISOString();
  const totalBytes = 10_000_000 + Math.floor(Math.random() * 900_000_000);
  return {
    ...row,
    view: {
      ...row.view,
      computedAt: at,
      nodes: row.view.nodes.map((node) =>
        node.name === name
          ? { ...node, observedAt: at, lag: { ...node.lag, totalBytes, applyBytes: totalBytes } }
          : { ...node, observedAt: at },
      ),
    },
  };
}

// Started by bench/web; imported by it for the names alone.
if (process.env['FLEET_DATABASE_URL'] !== undefined) await main();
