import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { actorLabel } from '../../audit/append.ts';
import { findPlan, keepPlan } from '../../db/operations/operation-requests.ts';
import { queryableOf } from '../../db/ground/prisma.ts';
import { comparePlans } from '../../domain/operation/outlook/difference.ts';
import type { Plan } from '../../domain/operation/model.ts';
import { planNow } from '../../queries/operations/plan-now.ts';
import { Refusal, defineCommand } from '../define.ts';
import { clusterSlug, planHash } from '../names.ts';
import { clusterOf } from '../objects.ts';
import { operationRequest } from './request-schema.ts';

/**
 * Computes a plan and keeps it, so that it can be requested by its hash. Changes nothing of the cluster; anyone who reads the cluster may
 * ask what would be done. The answer holds the checks too: a plan that is blocked now is kept all the same.
 */
export const planOperationNow = defineCommand({
  name: 'operation.plan',
  permission: 'cluster.read',
  object: clusterOf(),
  input: z.object({
    cluster: clusterSlug,
    request: operationRequest,
    /** The hash of the plan that the caller saw last. */
    differenceTo: planHash.nullish(),
  }),
  run: async ({ tx, actor, at }, { cluster: slug, request, differenceTo }) => {
    const subject = `cluster:${slug}`;
    const client = queryableOf(tx);
    const planned = await planNow(client, slug, request, at.getTime());
    if (!planned.possible) throw new Refusal(planned.impossible, subject, { code: 'impossible' });
    const { plan, hash, body, outlook } = planned;
    const kept = { id: randomUUID(), cluster: slug, hash, kind: request.kind, body };
    await keepPlan(client, { ...kept, createdAt: at, createdBy: actorLabel(actor) });
    const seen = differenceTo == null || differenceTo === hash ? null : await findPlan(client, slug, differenceTo);
    const difference = seen === null ? null : comparePlans(JSON.parse(seen) as Plan, plan);
    return { value: { plan, hash, outlook, difference }, audit: { subject, body: { request, planHash: hash, blocked: outlook.blocked } } };
  },
});
