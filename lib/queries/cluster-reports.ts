/** The latest reports of a cluster's nodes in the shape in which the domain judges them: what the slots and archive pages are made of. */
import type { Actor } from '../domain/policy/permissions.ts';
import type { ClusterInput, HistoryPoint, NodeInput } from '../domain/topology/inputs.ts';
import { WAL_RATE_BUCKETS_MAX, WAL_RATE_BUCKET_SECONDS } from '../domain/topology/inputs.ts';
import type { ClusterView } from '../domain/topology/model.ts';
import { loadHistory, loadWalRates } from '../db/samples/live-history.ts';
import { loadNodeLatest } from '../db/samples/samples.ts';
import type { StoredNodeLatest } from '../db/samples/samples.ts';
import { webDatabase } from '../db/ground/web-database.ts';
import type { Queryable } from '../db/ground/web-database.ts';
import { authorise } from './authorise.ts';

const NODES_MAX = 500;
const LONGEST_SLUG_CHARACTERS = 63;
/** The present rate needs a minute; samples may be some seconds late. */
const HISTORY_MS = 75_000;
/** Nodes whose WAL rates are read for one answer: first those that keep WAL for others, because only these forecasts are pressing. */
const RATED_NODES_MAX = 40;

export interface ClusterReports {
  input: ClusterInput;
  /** As the controller computed it last; `null`: not yet. */
  view: ClusterView | null;
}

interface ClusterRow {
  id: number;
  slug: string;
  name: string;
  jurisdictions: string[] | null;
  rtoObjectiveSeconds: number | null;
  rpoObjectiveSeconds: number | null;
  systemIdentifier: string | null;
  term: number | null;
  holder: string | null;
  timeline: number | null;
  view: ClusterView | null;
}

interface NodeRow {
  id: number;
  name: string;
  provider: string;
  region: string;
  zone: string;
  jurisdiction: string;
  enrolledAt: Date | null;
}

/** The cluster of a slug; `null` when there is none. With `rates`, histories for forecasts are read where WAL is kept for somebody. */
export async function readClusterReports(
  actor: Actor,
  slug: string,
  nowMs: number,
  options: { rates: boolean },
  db: Queryable = webDatabase(),
): Promise<ClusterReports | null> {
  authorise(actor, 'cluster.read');
  if (slug.length > LONGEST_SLUG_CHARACTERS || slug.includes('\0')) return null;
  const clusters = await db.query<ClusterRow>(
    `SELECT c.id, c.slug, c.name, c.jurisdictions, c.rto_objective_seconds AS "rtoObjectiveSeconds",
            c.rpo_objective_seconds AS "rpoObjectiveSeconds", c.system_identifier AS "systemIdentifier",
            l.term, l.holder, l.timeline, v.view
       FROM cluster c LEFT JOIN leadership l ON l.cluster_id = c.id LEFT JOIN cluster_latest v ON v.cluster_id = c.id
      WHERE c.slug = $1 AND c.retired_at IS NULL`,
    [slug],
  );
  const cluster = clusters.rows[0];
  if (cluster === undefined) return null;
  const { rows: nodes } = await db.query<NodeRow>(
    `SELECT id, name, provider, region, zone, jurisdiction, enrolled_at AS "enrolledAt" FROM node
      WHERE cluster_id = $1 AND retired_at IS NULL ORDER BY name LIMIT $2`,
    [cluster.id, NODES_MAX],
  );
  const latest = new Map(
    (
      await loadNodeLatest(
        db,
        nodes.map(({ id }) => id),
      )
    ).map((row) => [row.nodeId, row]),
  );
  const rates = options.rates ? await readRates(db, [...latest.values()], nowMs) : NO_RATES;
  const { term, holder, timeline } = cluster;
  return {
    view: cluster.view,
    input: {
      slug: cluster.slug,
      name: cluster.name,
      jurisdictions: cluster.jurisdictions ?? [],
      rtoObjectiveSeconds: cluster.rtoObjectiveSeconds,
      rpoObjectiveSeconds: cluster.rpoObjectiveSeconds,
      systemIdentifier: cluster.systemIdentifier,
      leadership: term === null || holder === null || timeline === null ? null : { term, holder, timeline },
      nodes: nodes.map((node) => nodeInput(node, latest.get(node.id) ?? null, rates)),
      previousRpo: cluster.view?.rpo ?? null,
      recentBounds: [],
      openFindings: cluster.view?.findings ?? [],
    },
  };
}

interface Rates {
  history: ReadonlyMap<number, HistoryPoint[]>;
  buckets: ReadonlyMap<number, number[]>;
}

const NO_RATES: Rates = { history: new Map(), buckets: new Map() };

async function readRates(db: Queryable, latest: readonly StoredNodeLatest[], nowMs: number): Promise<Rates> {
  const rated = latest
    .filter(({ observation: { postgres } }) => postgres !== null)
    .sort((a, b) => keepsForOthers(b) - keepsForOthers(a))
    .slice(0, RATED_NODES_MAX)
    .map(({ nodeId }) => nodeId);
  if (rated.length === 0) return NO_RATES;
  const history = await loadHistory(db, nowMs - HISTORY_MS, rated);
  const rates = await loadWalRates(db, nowMs - WAL_RATE_BUCKETS_MAX * WAL_RATE_BUCKET_SECONDS * 1000, nowMs, rated);
  const buckets = Map.groupBy(rates, ({ nodeId }) => nodeId);
  return {
    history: Map.groupBy(history, ({ nodeId }) => nodeId),
    buckets: new Map([...buckets].map(([nodeId, rows]) => [nodeId, rows.map(({ bytesPerSecond }) => bytesPerSecond)])),
  };
}

const keepsForOthers = ({ observation: { postgres } }: StoredNodeLatest): number =>
  (postgres?.inRecovery === false ? 1_000 : 0) + (postgres?.slots.length ?? 0);

function nodeInput(node: NodeRow, latest: StoredNodeLatest | null, { history, buckets }: Rates): NodeInput {
  const { id, name, enrolledAt, ...site } = node;
  return {
    name,
    site,
    enrolled: enrolledAt !== null,
    latest:
      latest === null
        ? null
        : {
            observation: latest.observation,
            observedAtMs: latest.observedAtMs,
            receivedAtMs: latest.receivedAtMs,
            agentVersion: latest.agentVersion,
          },
    facts: latest?.facts ?? null,
    // Not this role's to read, and nothing that is shown here rests on it.
    identityLockReason: null,
    journalBreak: null,
    history: history.get(id) ?? [],
    walRateBuckets: buckets.get(id) ?? [],
  };
}
