/** Everything that planners and checks are given (lib/domain/operation/plan/inputs.ts), read in one go: the web's preview and the controller's
 * admission must see the same picture. */
import { readPolicy } from '../../domain/policy/cluster-policy.ts';
import type { NodeFacts } from '../../agent-contract/facts.ts';
import { VERBS_BEFORE_REPORTED } from '../../agent-contract/verbs.ts';
import type { Observation } from '../../agent-contract/observation.ts';
import type { LeadershipRecord, LeadershipSource } from '../../domain/leadership/store.ts';
import { ENDED_STATES } from '../../domain/operation/model.ts';
import type { PlanningInput, PlanningNode } from '../../domain/operation/plan/inputs.ts';
import type { ClusterView } from '../../domain/topology/model.ts';
import { CLUSTER_NODES_MAX } from '../fleet/limits.ts';
import { isoText } from '../ground/iso-text.ts';
import type { Queryable } from '../ground/pool.ts';

const EARLIER_MAX = 50;
/** More is not a cluster that people operate. */
const UNDER_WAY_MAX = 1_000;
const MAINTENANCES_MAX = 500;
/** A leader that has not said anything for so long says nothing about how it is configured. */
const LEADER_BEAT_AGE_MAX_SECONDS = 60;

interface ClusterRow {
  slug: string;
  policy: unknown;
  view: ClusterView | null;
  term: number | null;
  holder: string | null;
  timeline: number | null;
  source: LeadershipSource | null;
  operation: string | null;
  since: Date | null;
  underWay: PlanningInput['underWay'] | null;
  earlier: PlanningInput['earlier'] | null;
  maintenances: { node: string | null; owner: string; reason: string; endsAt: string }[] | null;
  fenceCommandConfigured: boolean;
}

interface NodeRow {
  name: string;
  provider: string;
  region: string;
  zone: string;
  jurisdiction: string;
  enrolled: boolean;
  observation: Observation | null;
  observedAt: Date | null;
  facts: NodeFacts | null;
  identityLockReason: string | null;
}

const ENDED_LIST = ENDED_STATES.map((state) => `'${state}'`).join(', ');

const CLUSTER = `
  SELECT c.slug, c.policy, v.view, l.term, l.holder, l.timeline, l.source, l.operation, l.since,
    (SELECT jsonb_agg(u.row ORDER BY u.requested_at, u.id) FROM (
      SELECT o.requested_at, o.id, jsonb_build_object('id', o.id, 'kind', o.kind, 'state', o.state, 'lane', coalesce(o.lane, 'leadership'),
          'has', to_jsonb(o.has_nodes), 'reliesOn', to_jsonb(coalesce(o.relies_on_nodes, '{}')),
          'waitsFor', coalesce((SELECT jsonb_agg(DISTINCT n.name) FROM agent_command a JOIN node n ON n.id = a.node_id
            WHERE a.operation_id = o.id AND a.resolved_at IS NULL), '[]')) AS row
        FROM operation o WHERE o.cluster_id = c.id AND o.state NOT IN (${ENDED_LIST}) ORDER BY o.requested_at, o.id LIMIT ${UNDER_WAY_MAX}) u) AS "underWay",
    (SELECT jsonb_agg(e.run ORDER BY e.ended_at DESC) FROM (
      SELECT o.ended_at, jsonb_build_object('kind', o.kind, 'writeOutageMs', (o.measured->>'writeOutageMs')::float8,
          'endedAt', ${isoText('o.ended_at')}) AS run
        FROM operation o WHERE o.cluster_id = c.id AND o.state = 'done' AND jsonb_typeof(o.measured->'writeOutageMs') = 'number'
        ORDER BY o.ended_at DESC LIMIT ${EARLIER_MAX}) e) AS earlier,
    (SELECT jsonb_agg(m.row ORDER BY m.ends_at) FROM (
      SELECT m.ends_at, jsonb_build_object('node', m.node_name, 'owner', m.owner, 'reason', m.reason, 'endsAt', ${isoText('m.ends_at')}) AS row
        FROM maintenance m WHERE m.cluster_id = c.id AND m.ended_at IS NULL AND m.starts_at <= $2::timestamptz AND m.ends_at > $2::timestamptz
        ORDER BY m.ends_at LIMIT ${MAINTENANCES_MAX}) m) AS maintenances,
    EXISTS (SELECT FROM controller_instance i WHERE i.leader AND i.heartbeat_at > $2::timestamptz - make_interval(secs => ${LEADER_BEAT_AGE_MAX_SECONDS})
      AND (i.report->>'fenceCommandConfigured')::boolean) AS "fenceCommandConfigured"
  FROM cluster c LEFT JOIN cluster_latest v ON v.cluster_id = c.id LEFT JOIN leadership l ON l.cluster_id = c.id
  WHERE c.slug = $1 AND c.retired_at IS NULL`;

const NODES = `
  SELECT n.name, n.provider, n.region, n.zone, n.jurisdiction, n.enrolled_at IS NOT NULL AS enrolled, r.observation,
    r.observed_at AS "observedAt", r.facts,
    CASE WHEN i.locked_at IS NULL THEN NULL ELSE coalesce(i.lock_reason, 'no reason was noted') END AS "identityLockReason"
  FROM node n JOIN cluster c ON c.id = n.cluster_id LEFT JOIN node_latest r ON r.node_id = n.id LEFT JOIN node_identity i ON i.node_id = n.id
  WHERE c.slug = $1 AND c.retired_at IS NULL AND n.retired_at IS NULL ORDER BY n.name LIMIT ${CLUSTER_NODES_MAX + 1}`;

/**
 * The picture of a cluster as the control database holds it now; `null` when there is no such cluster, or no controller has ever
 * computed a view of it. `nowMs` is the controller's clock, or that of a process beside it.
 */
export async function readPlanningInput(client: Queryable, slug: string, nowMs: number): Promise<PlanningInput | null> {
  const cluster = (await client.query<ClusterRow>(CLUSTER, [slug, new Date(nowMs).toISOString()])).rows[0];
  if (cluster === undefined || cluster.view === null) return null;
  const nodes = await client.query<NodeRow>(NODES, [slug]);
  if (nodes.rows.length > CLUSTER_NODES_MAX) {
    throw new Error(`${slug} has more than ${CLUSTER_NODES_MAX} nodes: nothing is planned on a part of them. Retire nodes that are gone.`);
  }
  const { view, maintenances, fenceCommandConfigured, underWay } = cluster;
  return {
    cluster: cluster.slug,
    policy: readPolicy(cluster.policy),
    fenceCommandConfigured,
    view,
    leadership: toLeadership(cluster),
    nodes: nodes.rows.map((row) => toNode(row, maintenances ?? [])),
    earlier: cluster.earlier ?? [],
    underWay: underWay ?? [],
    nowMs,
  };
}

function toLeadership({ term, holder, timeline, source, operation, since }: ClusterRow): LeadershipRecord | null {
  if (term === null || source === null || since === null) return null;
  return { term, holder, timeline, source, operation, since: since.toISOString() };
}

function toNode(row: NodeRow, maintenances: NonNullable<ClusterRow['maintenances']>): PlanningNode {
  // Work on the node itself tells more than work on the whole cluster.
  const covering = maintenances.find(({ node }) => node === row.name) ?? maintenances.find(({ node }) => node === null) ?? null;
  return {
    name: row.name,
    site: { provider: row.provider, region: row.region, zone: row.zone, jurisdiction: row.jurisdiction },
    enrolled: row.enrolled,
    observation: row.observation,
    observedAtMs: row.observedAt?.getTime() ?? null,
    facts: row.facts === null ? null : { ...row.facts, verbs: row.facts.verbs ?? [...VERBS_BEFORE_REPORTED] },
    identityLockReason: row.identityLockReason,
    maintenance: covering === null ? null : { owner: covering.owner, reason: covering.reason, endsAt: covering.endsAt },
  };
}
