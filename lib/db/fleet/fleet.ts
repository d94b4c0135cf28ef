/** The fleet as it was registered: clusters, nodes, identities and leadership. Changes are told on `FLEET_CHANNEL`. */
import type { ClusterPolicy } from '../../domain/policy/cluster-policy.ts';
import { readPolicy } from '../../domain/policy/cluster-policy.ts';
import type { LeadershipSource } from '../../domain/leadership/store.ts';
import type { BrokeGlass, JournalBreak } from '../../domain/topology/inputs.ts';
import type { Site } from '../../domain/topology/model.ts';
import type { Queryable } from '../ground/pool.ts';

export interface FleetIdentity {
  generation: number;
  fingerprintSha256: string;
  previousSha256: string | null;
  notAfterMs: number;
  instanceId: string | null;
  supersededInstance: string | null;
  lockedAtMs: number | null;
  lockReason: string | null;
}

export interface FleetNode {
  id: number;
  uuid: string;
  clusterId: number;
  name: string;
  site: Site;
  enrolledAtMs: number | null;
  /** `null` until the node has joined. */
  identity: FleetIdentity | null;
  journalBreak: JournalBreak | null;
  brokeGlass: BrokeGlass | null;
}

export interface FleetLeadership {
  version: number;
  term: number;
  /** `null`: the term is open. */
  holder: string | null;
  /** `null`: unknown yet. */
  timeline: number | null;
  sinceMs: number;
  source: LeadershipSource;
}

export interface FleetCluster {
  id: number;
  slug: string;
  name: string;
  policy: ClusterPolicy;
  /** How often the settings were changed, and one. */
  policyVersion: number;
  systemIdentifier: string | null;
  leadership: FleetLeadership | null;
  nodes: FleetNode[];
}

interface ClusterRow {
  id: number;
  slug: string;
  name: string;
  policy: unknown;
  policy_version: number;
  system_identifier: string | null;
  version: number | null;
  term: number | null;
  holder: string | null;
  timeline: number | null;
  since: Date | null;
  source: LeadershipSource | null;
}

interface NodeRow {
  id: number;
  uuid: string;
  cluster_id: number;
  name: string;
  provider: string;
  region: string;
  zone: string;
  jurisdiction: string;
  enrolled_at: Date | null;
  journal_break_kind: JournalBreak['kind'] | null;
  journal_break_reason: string | null;
  journal_broken_at: Date | null;
  break_glass_term: number | null;
  break_glass_at: Date | null;
  generation: number | null;
  fingerprint_sha256: string | null;
  previous_sha256: string | null;
  not_after: Date | null;
  instance_id: string | null;
  superseded_instance: string | null;
  locked_at: Date | null;
  lock_reason: string | null;
}

function toNode(row: NodeRow): FleetNode {
  const { generation, fingerprint_sha256: fingerprintSha256, not_after: notAfter } = row;
  const identity =
    generation === null || fingerprintSha256 === null || notAfter === null
      ? null
      : {
          generation,
          fingerprintSha256,
          previousSha256: row.previous_sha256,
          notAfterMs: notAfter.getTime(),
          instanceId: row.instance_id,
          supersededInstance: row.superseded_instance,
          lockedAtMs: row.locked_at?.getTime() ?? null,
          lockReason: row.lock_reason,
        };
  const { journal_break_kind: breakKind, journal_broken_at: brokenAt, break_glass_term: glassTerm, break_glass_at: glassAt } = row;
  return {
    id: row.id,
    uuid: row.uuid,
    clusterId: row.cluster_id,
    name: row.name,
    site: { provider: row.provider, region: row.region, zone: row.zone, jurisdiction: row.jurisdiction },
    enrolledAtMs: row.enrolled_at?.getTime() ?? null,
    identity,
    journalBreak:
      breakKind === null || brokenAt === null
        ? null
        : { kind: breakKind, reason: row.journal_break_reason ?? '', atMs: brokenAt.getTime() },
    brokeGlass: glassTerm === null || glassAt === null ? null : { term: glassTerm, atMs: glassAt.getTime() },
  };
}

function toLeadership(row: ClusterRow): FleetLeadership | null {
  const { version, term, holder, timeline, since, source } = row;
  if (version === null || term === null || since === null || source === null) return null;
  return { version, term, holder, timeline, sinceMs: since.getTime(), source };
}

/** All clusters and nodes that are not retired, ordered by name. */
export async function loadFleet(client: Queryable): Promise<FleetCluster[]> {
  const clusters = await client.query<ClusterRow>(
    `SELECT c.id, c.slug, c.name, c.policy, c.policy_version, c.system_identifier,
            l.version, l.term, l.holder, l.timeline, l.since, l.source
     FROM cluster c LEFT JOIN leadership l ON l.cluster_id = c.id WHERE c.retired_at IS NULL ORDER BY c.slug`,
  );
  const nodes = await client.query<NodeRow>(
    `SELECT n.id, n.uuid, n.cluster_id, n.name, n.provider, n.region, n.zone, n.jurisdiction, n.enrolled_at,
            n.journal_break_kind, n.journal_break_reason, n.journal_broken_at, n.break_glass_term, n.break_glass_at,
            i.generation, i.fingerprint_sha256, i.previous_sha256, i.not_after, i.instance_id, i.superseded_instance, i.locked_at, i.lock_reason
     FROM node n LEFT JOIN node_identity i ON i.node_id = n.id WHERE n.retired_at IS NULL ORDER BY n.name`,
  );
  const byCluster = Map.groupBy(nodes.rows.map(toNode), (node) => node.clusterId);
  return clusters.rows.map((row) => ({
    id: row.id,
    slug: row.slug,
    name: row.name,
    policy: readPolicy(row.policy),
    policyVersion: row.policy_version,
    systemIdentifier: row.system_identifier,
    leadership: toLeadership(row),
    nodes: byCluster.get(row.id) ?? [],
  }));
}

/** Notes the system identifier that the first primary reported. One that is known already stays. Returns the one that holds now. */
export async function learnSystemIdentifier(client: Queryable, clusterId: number, systemIdentifier: string): Promise<string | null> {
  await client.query('UPDATE cluster SET system_identifier = $2 WHERE id = $1 AND system_identifier IS NULL', [
    clusterId,
    systemIdentifier,
  ]);
  const { rows } = await client.query<{ system_identifier: string | null }>('SELECT system_identifier FROM cluster WHERE id = $1', [
    clusterId,
  ]);
  return rows[0]?.system_identifier ?? null;
}
