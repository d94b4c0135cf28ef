/** Operations as they stand, whole, for screens, the API and the commands that decide about them. */
import type { CommandProgress } from '../../agent-contract/commands.ts';
import type { ApprovalView, ArtifactView } from '../../domain/operation/answers/answers.ts';
import type { OperationKind, OperationState, RecordedEvent } from '../../domain/operation/model.ts';
import type { ClusterSet } from '../../domain/policy/permissions.ts';
import { slugsOf } from '../fleet/cluster-filter.ts';
import { isoText } from '../ground/iso-text.ts';
import type { Queryable } from '../ground/pool.ts';
import { EVENTS_MAX } from './operations.ts';

const COMMANDS_MAX = 2_000;
const APPROVALS_MAX = 100;
const ARTIFACTS_MAX = 100;

export interface CommandRecord {
  id: string;
  /** With `undo:` before it when it takes the step back. */
  step: string;
  attempt: number;
  node: string;
  verb: string;
  issuedAt: string;
  deliveredAt: string | null;
  resolvedAt: string | null;
  progress: CommandProgress | null;
}

export interface OperationRecord {
  id: string;
  slug: string;
  clusterName: string;
  kind: OperationKind;
  planHash: string;
  /** Canonical JSON. */
  plan: string;
  state: OperationState;
  approvalsRequired: number;
  requestedBy: string;
  requestedByUserId: number | null;
  requestedAt: Date;
  reason: string;
  ticket: string | null;
  acknowledgedRisks: string[];
  startedAt: Date | null;
  endedAt: Date | null;
  outcome: string | null;
  /** As it was stored, perhaps by an earlier release: `readMeasured` reads it. */
  measured: object | null;
  cancelRequestedAt: Date | null;
  cancelRequestedBy: string | null;
  releaseRequestedAt: Date | null;
  releaseRequestedBy: string | null;
  acknowledgedAt: Date | null;
  acknowledgedBy: string | null;
  acknowledgement: string | null;
  /** Without the exported rows of a loss ledger, which may be megabytes: they are an artifact. */
  events: RecordedEvent[];
  approvals: (ApprovalView & { userId: number })[];
  commands: CommandRecord[];
  artifacts: ArtifactView[];
  /** When a controller that leads was last heard of. */
  controllerSeenAt: Date | null;
}

/** One statement, so that all parts are of one moment. */
const RECORD = `
  SELECT o.id, c.slug, c.name AS "clusterName", o.kind, o.plan_hash AS "planHash", o.plan, o.state, o.approvals_required AS "approvalsRequired",
    o.requested_by AS "requestedBy", o.requested_by_user_id AS "requestedByUserId", o.requested_at AS "requestedAt", o.reason, o.ticket,
    o.acknowledged_risks AS "acknowledgedRisks", o.started_at AS "startedAt", o.ended_at AS "endedAt", o.outcome, o.measured,
    o.cancel_requested_at AS "cancelRequestedAt", o.cancel_requested_by AS "cancelRequestedBy",
    o.release_requested_at AS "releaseRequestedAt", o.release_requested_by AS "releaseRequestedBy",
    o.acknowledged_at AS "acknowledgedAt", o.acknowledged_by AS "acknowledgedBy", o.acknowledgement,
    coalesce((SELECT jsonb_agg(jsonb_build_object('sequence', e.sequence, 'at', ${isoText('e.at')}, 'event', e.body #- '{evidence,ledger,rows}')
        ORDER BY e.sequence)
      FROM (SELECT * FROM operation_event WHERE operation_id = o.id ORDER BY sequence LIMIT ${EVENTS_MAX + 1}) e), '[]') AS events,
    coalesce((SELECT jsonb_agg(jsonb_build_object('userId', a.user_id, 'by', a.by, 'decision', a.decision, 'reason', a.reason,
        'at', ${isoText('a.at')}) ORDER BY a.id)
      FROM (SELECT * FROM operation_approval WHERE operation_id = o.id ORDER BY id LIMIT ${APPROVALS_MAX}) a), '[]') AS approvals,
    coalesce((SELECT jsonb_agg(jsonb_build_object('id', m.id, 'step', m.step, 'attempt', m.attempt, 'node', m.name, 'verb', m.verb,
        'issuedAt', ${isoText('m.issued_at')}, 'deliveredAt', ${isoText('m.delivered_at')}, 'resolvedAt', ${isoText('m.resolved_at')},
        'progress', m.progress) ORDER BY m.issued_at, m.id)
      FROM (SELECT a.id, a.step, a.attempt, n.name, a.verb, a.issued_at, a.delivered_at, a.resolved_at, a.progress
        FROM agent_command a JOIN node n ON n.id = a.node_id WHERE a.operation_id = o.id ORDER BY a.issued_at LIMIT ${COMMANDS_MAX}) m), '[]') AS commands,
    coalesce((SELECT jsonb_agg(jsonb_build_object('name', f.name, 'contentType', f.content_type, 'bytes', f.bytes, 'createdAt', ${isoText('f.created_at')})
        ORDER BY f.name)
      FROM (SELECT name, content_type, octet_length(body) AS bytes, created_at FROM operation_artifact WHERE operation_id = o.id
        ORDER BY name LIMIT ${ARTIFACTS_MAX}) f), '[]') AS artifacts,
    (SELECT max(heartbeat_at) FROM controller_instance WHERE leader) AS "controllerSeenAt"
  FROM operation o JOIN cluster c ON c.id = o.cluster_id`;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The operation of an id; `null` when there is none, also for a text that is no id. */
export async function findOperation(client: Queryable, id: string): Promise<OperationRecord | null> {
  if (!UUID.test(id)) return null;
  const { rows } = await client.query<OperationRecord>(`${RECORD} WHERE o.id = $1::uuid`, [id]);
  const row = rows[0];
  return row === undefined ? null : { ...row, acknowledgedRisks: row.acknowledgedRisks ?? [] };
}

/** One thing that a run left; `null` when it left none of this name. */
export async function findArtifact(
  client: Queryable,
  operationId: string,
  name: string,
): Promise<{ contentType: string; body: string } | null> {
  if (!UUID.test(operationId) || name.includes('\0')) return null;
  const { rows } = await client.query<{ contentType: string; body: string }>(
    'SELECT content_type AS "contentType", body FROM operation_artifact WHERE operation_id = $1::uuid AND name = $2',
    [operationId, name],
  );
  return rows[0] ?? null;
}

export interface OperationSelection {
  /** Those that may be read at all. */
  clusters: ClusterSet;
  cluster: string | null;
  kinds: readonly OperationKind[] | null;
  states: readonly OperationState[] | null;
  /** Only those requested before this one. */
  before: { requestedAt: string; id: string } | null;
  limit: number;
}

export interface OperationRow {
  id: string;
  slug: string;
  clusterName: string;
  kind: OperationKind;
  state: OperationState;
  summary: string | null;
  target: string | null;
  requestedBy: string;
  requestedAt: Date;
  reason: string;
  ticket: string | null;
  approvalsRequired: number;
  approvalsGiven: number;
  startedAt: Date | null;
  endedAt: Date | null;
  outcome: string | null;
  measured: object | null;
  acknowledgedAt: Date | null;
}

/** Newest request first. */
export async function listOperations(client: Queryable, selection: OperationSelection): Promise<OperationRow[]> {
  const { rows } = await client.query<OperationRow>(
    `SELECT o.id, c.slug, c.name AS "clusterName", o.kind, o.state, o.plan::jsonb->>'summary' AS summary,
        o.plan::jsonb#>>'{request,target}' AS target, o.requested_by AS "requestedBy", o.requested_at AS "requestedAt", o.reason, o.ticket,
        o.approvals_required AS "approvalsRequired",
        (SELECT count(*)::int FROM operation_approval a WHERE a.operation_id = o.id AND a.decision = 'approved') AS "approvalsGiven",
        o.started_at AS "startedAt", o.ended_at AS "endedAt", o.outcome, o.measured, o.acknowledged_at AS "acknowledgedAt"
      FROM operation o JOIN cluster c ON c.id = o.cluster_id
      WHERE ($1::text IS NULL OR c.slug = $1) AND ($2::text[] IS NULL OR o.kind = ANY($2)) AND ($3::text[] IS NULL OR o.state = ANY($3))
        AND ($4::timestamptz IS NULL OR (o.requested_at, o.id) < ($4, $5::uuid)) AND ($7::text[] IS NULL OR c.slug = ANY ($7))
      ORDER BY o.requested_at DESC, o.id DESC LIMIT $6`,
    [
      ...[selection.cluster, selection.kinds, selection.states],
      ...[selection.before?.requestedAt ?? null, selection.before?.id ?? null, selection.limit, slugsOf(selection.clusters)],
    ],
  );
  return rows;
}
