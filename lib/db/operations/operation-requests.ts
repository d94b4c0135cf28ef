/**
 * Writes what the web adds to operations: plans, requests, decisions and wishes. The controller moves them on
 * (lib/db/operations/operations.ts).
 */
import type { OperationKind, OperationState } from '../../domain/operation/model.ts';
import type { ClusterSet } from '../../domain/policy/permissions.ts';
import { slugsOf } from '../fleet/cluster-filter.ts';
import type { Risk } from '../../domain/operation/risks.ts';
import type { Queryable } from '../ground/pool.ts';

/** A plan is written once an hour at most, however often a page asks for it. */
const SHOWN_TO_THE_HOUR = "interval '1 hour'";

/** Keeps a plan that somebody looked at. The same plan is kept once, and lives from the time when it was shown last (record-pruning.ts). */
export async function keepPlan(
  client: Queryable,
  plan: { id: string; cluster: string; hash: string; kind: OperationKind; body: string; createdAt: Date; createdBy: string },
): Promise<void> {
  await client.query(
    `INSERT INTO plan AS kept (id, cluster_id, hash, kind, body, created_at, created_by, shown_at)
     SELECT $1::uuid, c.id, $3, $4, $5, $6::timestamptz, $7, $6::timestamptz FROM cluster c WHERE c.slug = $2 AND c.retired_at IS NULL
     ON CONFLICT (cluster_id, hash) DO UPDATE SET shown_at = excluded.shown_at
       WHERE kept.shown_at < excluded.shown_at - ${SHOWN_TO_THE_HOUR}`,
    [plan.id, plan.cluster, plan.hash, plan.kind, plan.body, plan.createdAt.toISOString(), plan.createdBy],
  );
}

/** The canonical JSON of a kept plan; `null` when there is none of this hash. */
export async function findPlan(client: Queryable, clusterSlug: string, hash: string): Promise<string | null> {
  const { rows } = await client.query<{ body: string }>(
    'SELECT p.body FROM plan p JOIN cluster c ON c.id = p.cluster_id WHERE c.slug = $1 AND c.retired_at IS NULL AND p.hash = $2',
    [clusterSlug, hash],
  );
  return rows[0]?.body ?? null;
}

/** The one of these clusters that a plan hash belongs to, for callers that name only the hash; `null` when it is of none, or of several. */
export async function findClusterOfPlan(client: Queryable, hash: string, clusters: ClusterSet): Promise<string | null> {
  const { rows } = await client.query<{ slug: string }>(
    `SELECT c.slug FROM plan p JOIN cluster c ON c.id = p.cluster_id
      WHERE p.hash = $1 AND c.retired_at IS NULL AND ($2::text[] IS NULL OR c.slug = ANY ($2)) LIMIT 2`,
    [hash, slugsOf(clusters)],
  );
  return rows.length === 1 ? (rows[0]?.slug ?? null) : null;
}

export interface NewOperation {
  id: string;
  clusterId: number;
  kind: OperationKind;
  planHash: string;
  plan: string;
  requestedBy: string;
  requestedByUserId: number | null;
  requestedAt: Date;
  reason: string;
  ticket: string | null;
  /** As sentences, for people. */
  acknowledgedRisks: readonly string[];
  risks: readonly Risk[];
  idempotencyKey: string | null;
}

/**
 * Inserts a request; state and approvals follow from the cluster's policy (trigger).
 * @returns its state; `null` when this key was used before: nothing is written.
 */
export async function insertOperation(client: Queryable, operation: NewOperation): Promise<OperationState | null> {
  const { rows } = await client.query<{ state: OperationState }>(
    `INSERT INTO operation (id, cluster_id, kind, plan_hash, plan, requested_by, requested_by_user_id, requested_at, reason, ticket,
        acknowledged_risks, idempotency_key, risks)
     VALUES ($1::uuid, $2, $3, $4, $5, $6, $7, $8::timestamptz, $9, $10, ARRAY(SELECT jsonb_array_elements_text($11::jsonb)), $12, $13::jsonb)
     ON CONFLICT DO NOTHING RETURNING state`,
    [
      ...[operation.id, operation.clusterId, operation.kind, operation.planHash, operation.plan, operation.requestedBy],
      ...[operation.requestedByUserId, operation.requestedAt.toISOString(), operation.reason, operation.ticket],
      ...[JSON.stringify(operation.acknowledgedRisks), operation.idempotencyKey, JSON.stringify(operation.risks)],
    ],
  );
  return rows[0]?.state ?? null;
}

export interface KeyedOperation {
  id: string;
  planHash: string;
  requestedBy: string;
  state: OperationState;
}

/** The operation that was requested with this key; `null` when none was. */
export async function findByIdempotencyKey(client: Queryable, clusterId: number, key: string): Promise<KeyedOperation | null> {
  const { rows } = await client.query<KeyedOperation>(
    `SELECT id, plan_hash AS "planHash", requested_by AS "requestedBy", state FROM operation WHERE cluster_id = $1 AND idempotency_key = $2`,
    [clusterId, key],
  );
  return rows[0] ?? null;
}

/** Stores a decision. @returns false when this user has decided before. The triggers refuse a requester and another plan. */
export async function insertApproval(
  client: Queryable,
  approval: {
    operationId: string;
    planHash: string;
    userId: number;
    by: string;
    decision: 'approved' | 'rejected';
    reason: string;
    at: Date;
  },
): Promise<boolean> {
  const { rows } = await client.query(
    `INSERT INTO operation_approval (operation_id, plan_hash, user_id, by, decision, reason, at)
     VALUES ($1::uuid, $2, $3, $4, $5, $6, $7::timestamptz) ON CONFLICT (operation_id, user_id) DO NOTHING RETURNING operation_id`,
    [approval.operationId, approval.planHash, approval.userId, approval.by, approval.decision, approval.reason, approval.at.toISOString()],
  );
  return rows.length === 1;
}

/**
 * Wishes for the controller, which clears them when it takes them up. By the database's clock, as the journal is.
 * @returns false when there was no such wish to make any more.
 */
export async function requestCancel(client: Queryable, operationId: string, by: string): Promise<boolean> {
  const { rows } = await client.query(
    `UPDATE operation SET cancel_requested_at = clock_timestamp(), cancel_requested_by = $2
     WHERE id = $1::uuid AND cancel_requested_at IS NULL AND ended_at IS NULL RETURNING id`,
    [operationId, by],
  );
  return rows.length === 1;
}

export async function requestRelease(client: Queryable, operationId: string, by: string): Promise<boolean> {
  const { rows } = await client.query(
    `UPDATE operation SET release_requested_at = clock_timestamp(), release_requested_by = $2 WHERE id = $1::uuid AND state = 'held' AND release_requested_at IS NULL RETURNING id`,
    [operationId, by],
  );
  return rows.length === 1;
}

/** Notes that a person has read the result. @returns false when somebody had before. */
export async function acknowledgeResult(
  client: Queryable,
  operationId: string,
  acknowledgement: { by: string; at: Date; note: string | null },
): Promise<boolean> {
  const { rows } = await client.query(
    `UPDATE operation SET acknowledged_at = $2::timestamptz, acknowledged_by = $3, acknowledgement = $4
     WHERE id = $1::uuid AND acknowledged_at IS NULL RETURNING id`,
    [operationId, acknowledgement.at.toISOString(), acknowledgement.by, acknowledgement.note],
  );
  return rows.length === 1;
}
