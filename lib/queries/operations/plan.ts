/** The dry run: what would be done now, what stands in its way, and how it differs from the plan that somebody saw before. */
import { randomUUID } from 'node:crypto';
import { actorLabel } from '../../audit/append.ts';
import { findClusterOfPlan, findPlan, keepPlan } from '../../db/operations/operation-requests.ts';
import { webDatabase } from '../../db/ground/web-database.ts';
import type { Queryable } from '../../db/ground/web-database.ts';
import type { PlanPreview } from '../../domain/operation/answers/answers.ts';
import { comparePlans } from '../../domain/operation/outlook/difference.ts';
import type { OperationRequest, Plan, PlanDifference } from '../../domain/operation/model.ts';
import { whyDenied } from '../../domain/policy/permissions.ts';
import { authorise, authorisedClusters } from '../../domain/policy/authorise.ts';
import type { Actor } from '../../domain/policy/permissions.ts';
import { readCluster } from '../cluster.ts';
import { planNow } from './plan-now.ts';

/**
 * The plan is kept, so that the click can name it by its hash. `seenHash`: the plan that the person saw last.
 * `null`: there is no such cluster for this actor.
 */
export async function previewOf(
  actor: Actor,
  slug: string,
  request: OperationRequest,
  options: { seenHash?: string | null; nowMs?: number; db?: Queryable } = {},
): Promise<PlanPreview | null> {
  if (!authorise(actor, 'cluster.read', { cluster: slug })) return null;
  const { seenHash = null, nowMs = Date.now(), db = webDatabase() } = options;
  const cluster = await readCluster(actor, slug, db);
  if (cluster === null) return null;
  const planned = await planNow(db, slug, request, nowMs);
  const denied = whyDenied(actor, 'operation.request', { cluster: slug });
  const common = {
    serverTime: new Date(nowMs).toISOString(),
    cluster: { slug: cluster.slug, name: cluster.name },
    request,
    denied: denied === null ? [] : [denied],
  };
  if (!planned.possible) return { ...common, plan: null, hash: null, impossible: planned.impossible, outlook: null, difference: null };
  const { plan, hash, body, outlook } = planned;
  const kept = { id: randomUUID(), cluster: slug, hash, kind: request.kind, body };
  await keepPlan(db, { ...kept, createdAt: new Date(nowMs), createdBy: actorLabel(actor) });
  const difference = seenHash === null || seenHash === hash ? null : await differenceTo(db, slug, seenHash, plan);
  return { ...common, plan, hash, impossible: [], outlook, difference };
}

async function differenceTo(db: Queryable, slug: string, seenHash: string, plan: Plan): Promise<PlanDifference> {
  const seen = await findPlan(db, slug, seenHash);
  if (seen === null) return { sentences: ['The plan that you saw is not kept any more.'] };
  return comparePlans(JSON.parse(seen) as Plan, plan);
}

/** The cluster that a kept plan is about; `null` when no plan of a cluster of this actor has this hash. */
export async function readClusterOfPlan(actor: Actor, hash: string, db: Queryable = webDatabase()): Promise<string | null> {
  const readable = authorisedClusters(actor, 'cluster.read');
  return /^[0-9a-f]{64}$/.test(hash) ? findClusterOfPlan(db, hash, readable) : null;
}
