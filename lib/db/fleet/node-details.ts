/** One node with what its agent last sent, for the node's own page. */
import type { ClusterPolicy } from '../../domain/policy/cluster-policy.ts';
import { readPolicy } from '../../domain/policy/cluster-policy.ts';
import type { NodeFacts } from '../../agent-contract/facts.ts';
import type { Observation, PostgresObservation } from '../../agent-contract/observation.ts';
import type { Severity } from '../../domain/findings/model.ts';
import type { FindingCode } from '../../domain/findings/registry.ts';
import type { Site } from '../../domain/topology/model.ts';
import type { Queryable } from '../ground/pool.ts';
import { CLUSTER_NODES_MAX } from './limits.ts';

export interface NodeRecord {
  nodeId: number;
  clusterId: number;
  uuid: string;
  name: string;
  site: Site;
  registeredAt: string;
  enrolledAt: string | null;
  /** `null` = its agent never sent any. */
  facts: NodeFacts | null;
  factsAt: string | null;
  /** The part of the newest sample that only this page shows; `null` = its agent never sent one. */
  observation: Pick<Observation, 'clock' | 'volumes'> | null;
  /** `null` also when PostgreSQL did not answer its agent. */
  postgres: Pick<PostgresObservation, 'inRecovery' | 'checkpoints' | 'startedAt' | 'conflictsCancelled'> | null;
  observedAt: string | null;
}

const RECORD = `SELECT n.id AS "nodeId", n.cluster_id AS "clusterId", n.uuid, n.name, n.provider, n.region, n.zone, n.jurisdiction,
    n.created_at AS "registeredAt", n.enrolled_at AS "enrolledAt", l.facts, l.facts_at AS "factsAt", l.observed_at AS "observedAt",
    CASE WHEN l.node_id IS NULL THEN NULL
      ELSE jsonb_build_object('clock', l.observation->'clock', 'volumes', l.observation->'volumes') END AS observation,
    CASE WHEN jsonb_typeof(l.observation->'postgres') IS DISTINCT FROM 'object' THEN NULL
      ELSE jsonb_build_object('inRecovery', l.observation->'postgres'->'inRecovery', 'checkpoints', l.observation->'postgres'->'checkpoints',
        'startedAt', l.observation->'postgres'->'startedAt', 'conflictsCancelled', l.observation->'postgres'->'conflictsCancelled')
      END AS postgres
  FROM node n JOIN cluster c ON c.id = n.cluster_id LEFT JOIN node_latest l ON l.node_id = n.id
  WHERE c.slug = $1 AND n.name = $2 AND n.retired_at IS NULL AND c.retired_at IS NULL`;

/** The node of that name in that cluster; `null` when there is none or it is retired. */
export async function loadNodeRecord(client: Queryable, clusterSlug: string, nodeName: string): Promise<NodeRecord | null> {
  type Row = Omit<NodeRecord, 'site' | 'registeredAt' | 'enrolledAt' | 'factsAt' | 'observedAt'> &
    Site & { registeredAt: Date; enrolledAt: Date | null; factsAt: Date | null; observedAt: Date | null };
  const { rows } = await client.query<Row>(RECORD, [clusterSlug, nodeName]);
  const row = rows[0];
  if (row === undefined) return null;
  const { provider, region, zone, jurisdiction, registeredAt, enrolledAt, factsAt, observedAt, ...rest } = row;
  return {
    ...rest,
    site: { provider, region, zone, jurisdiction },
    registeredAt: registeredAt.toISOString(),
    enrolledAt: enrolledAt?.toISOString() ?? null,
    factsAt: factsAt?.toISOString() ?? null,
    observedAt: observedAt?.toISOString() ?? null,
  };
}

/** The id of a node; `null` when there is none of that name. */
export async function findNodeId(client: Queryable, clusterSlug: string, nodeName: string): Promise<number | null> {
  const { rows } = await client.query<{ id: number }>(
    `SELECT n.id FROM node n JOIN cluster c ON c.id = n.cluster_id
      WHERE c.slug = $1 AND n.name = $2 AND n.retired_at IS NULL AND c.retired_at IS NULL`,
    [clusterSlug, nodeName],
  );
  return rows[0]?.id ?? null;
}

/** The last reported facts of a node of a cluster, by name; `null` when it never sent any. */
export async function loadFacts(
  client: Queryable,
  clusterId: number,
  nodeName: string,
): Promise<{ facts: NodeFacts; factsAt: string } | null> {
  const { rows } = await client.query<{ facts: NodeFacts | null; factsAt: Date | null }>(
    'SELECT l.facts, l.facts_at AS "factsAt" FROM node n JOIN node_latest l ON l.node_id = n.id WHERE n.cluster_id = $1 AND n.name = $2',
    [clusterId, nodeName],
  );
  const row = rows[0];
  return row?.facts == null || row.factsAt === null ? null : { facts: row.facts, factsAt: row.factsAt.toISOString() };
}

export interface PastFinding {
  id: string;
  code: FindingCode;
  severity: Severity;
  subject: string | null;
  summary: string;
  since: string;
  resolvedAt: string;
}

/** Findings about a node that are resolved, the latest first. */
export async function loadPastFindings(client: Queryable, clusterId: number, nodeName: string, most: number): Promise<PastFinding[]> {
  const { rows } = await client.query<Omit<PastFinding, 'since' | 'resolvedAt'> & { since: Date; resolvedAt: Date }>(
    `SELECT id, code, severity, subject, summary, since, resolved_at AS "resolvedAt" FROM finding
      WHERE cluster_id = $1 AND node_name = $2 AND resolved_at IS NOT NULL ORDER BY resolved_at DESC LIMIT $3`,
    [clusterId, nodeName, most],
  );
  return rows.map((row) => ({ ...row, since: row.since.toISOString(), resolvedAt: row.resolvedAt.toISOString() }));
}

/** Since when a node leads its cluster, and how that is known; `null` when it does not. */
export async function loadLeadershipOf(
  client: Queryable,
  clusterId: number,
  nodeName: string,
): Promise<{ term: number; since: string; source: string } | null> {
  const { rows } = await client.query<{ term: number; since: Date; source: string }>(
    'SELECT term, since, source FROM leadership WHERE cluster_id = $1 AND holder = $2',
    [clusterId, nodeName],
  );
  const row = rows[0];
  return row === undefined ? null : { ...row, since: row.since.toISOString() };
}

export interface ClusterOfNode {
  /** As the controller last computed it. */
  primaryName: string | null;
  policy: ClusterPolicy | null;
  clusterNodeNames: string[];
}

export async function loadClusterOfNode(client: Queryable, clusterId: number): Promise<ClusterOfNode> {
  const { rows } = await client.query<ClusterOfNode>(
    `SELECT l.view->>'primary' AS "primaryName", c.policy,
        ARRAY(SELECT n.name FROM node n WHERE n.cluster_id = c.id AND n.retired_at IS NULL ORDER BY n.name LIMIT ${CLUSTER_NODES_MAX}) AS "clusterNodeNames"
      FROM cluster c LEFT JOIN cluster_latest l ON l.cluster_id = c.id WHERE c.id = $1`,
    [clusterId],
  );
  const row = rows[0];
  return row === undefined ? { primaryName: null, policy: null, clusterNodeNames: [] } : { ...row, policy: readPolicy(row.policy) };
}
