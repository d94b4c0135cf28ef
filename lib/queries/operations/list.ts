/** Operations of the clusters that somebody reads, newest first. */
import { listMaintenances } from '../../db/operations/maintenances.ts';
import { listOperations } from '../../db/operations/operation-records.ts';
import type { OperationRow } from '../../db/operations/operation-records.ts';
import { webDatabase } from '../../db/ground/web-database.ts';
import type { Queryable } from '../../db/ground/web-database.ts';
import type { MaintenanceView, OperationListAnswer, OperationListItem } from '../../domain/operation/answers/answers.ts';
import { OPERATIONS_LISTED_MAX } from '../../domain/operation/answers/list-filter.ts';
import type { OperationListFilter } from '../../domain/operation/answers/list-filter.ts';
import { listedFigures } from '../../domain/operation/outlook/measure.ts';
import { authorisedClusters } from '../../domain/policy/authorise.ts';
import { includesCluster } from '../../domain/policy/permissions.ts';
import type { Actor } from '../../domain/policy/permissions.ts';

const OPERATIONS_LISTED = 50;

export async function readOperations(
  actor: Actor,
  filter: OperationListFilter = {},
  nowMs: number = Date.now(),
  db: Queryable = webDatabase(),
): Promise<OperationListAnswer> {
  const clusters = authorisedClusters(actor, 'cluster.read');
  const limit = Math.min(filter.limit ?? OPERATIONS_LISTED, OPERATIONS_LISTED_MAX);
  const rows = await listOperations(db, {
    ...{ clusters, cluster: filter.cluster ?? null },
    kinds: filter.kinds ?? null,
    states: filter.states ?? null,
    before: parseCursor(filter.cursor ?? null),
    // One more tells whether there are others.
    limit: limit + 1,
  });
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    serverTime: new Date(nowMs).toISOString(),
    operations: shown.map(listItem),
    cursor: rows.length > limit && last !== undefined ? `${last.requestedAt.toISOString()}_${last.id}` : null,
  };
}

const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

function parseCursor(text: string | null): { requestedAt: string; id: string } | null {
  const [, requestedAt, id] = CURSOR.exec(text ?? '') ?? [];
  return requestedAt === undefined || id === undefined || Number.isNaN(Date.parse(requestedAt)) ? null : { requestedAt, id };
}

function listItem({ slug, clusterName, summary, measured, approvalsRequired, approvalsGiven, ...row }: OperationRow): OperationListItem {
  return {
    id: row.id,
    cluster: { slug, name: clusterName },
    kind: row.kind,
    state: row.state,
    summary: summary ?? '',
    target: row.target,
    requestedBy: row.requestedBy,
    requestedAt: row.requestedAt.toISOString(),
    reason: row.reason,
    ticket: row.ticket,
    approvals: { required: approvalsRequired, given: approvalsGiven },
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    outcome: row.outcome,
    measured: listedFigures(row.kind, measured),
    acknowledgedAt: row.acknowledgedAt?.toISOString() ?? null,
  };
}

/** Announced work that has not ended, of one cluster or (`null`) of all that this actor reads. */
export async function readMaintenances(
  actor: Actor,
  slug: string | null,
  at: Date = new Date(),
  db: Queryable = webDatabase(),
): Promise<MaintenanceView[]> {
  const readable = authorisedClusters(actor, 'cluster.read');
  const clusters = slug === null ? readable : includesCluster(readable, slug) ? [slug] : [];
  const rows = await listMaintenances(db, clusters, at);
  return rows.map(({ slug: cluster, startsAt, endsAt, ...row }) => ({
    ...row,
    cluster,
    startsAt: startsAt.toISOString(),
    endsAt: endsAt.toISOString(),
  }));
}
