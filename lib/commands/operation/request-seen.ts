import { z } from 'zod';
import { essenceText } from '../../domain/operation/outlook/difference.ts';
import type { OperationRequest } from '../../domain/operation/model.ts';
import { Refusal, defineCommand } from '../define.ts';
import type { CommandContext, CommandResult, Done } from '../define.ts';
import { clusterSlug, planHash } from '../names.ts';
import { clusterOf } from '../objects.ts';
import { planOperationNow } from './plan.ts';
import { requestOperation } from './request.ts';
import type { RequestedOperation } from './request.ts';

const PLAN_MOVED =
  'The plan that you saw is void, because the cluster has changed since. Nothing was started. The page shows what changed.';

export type SeenPlan = Parameters<typeof requestOperation>[1] & {
  request: OperationRequest;
  /** What the plan on the screen would do, as `essenceText` writes it. */
  essence: string;
};

/**
 * Requests a plan that a person saw on a page, where plans are shown without being kept: keeps the one of now when it does the same. Any
 * other is refused, and so is one that is blocked.
 */
export async function requestSeenPlan(context: CommandContext, input: SeenPlan): Promise<CommandResult<RequestedOperation>> {
  const { request, essence, ...asked } = input;
  const { cluster, planHash: seen } = asked;
  const planned = await planOperationNow(context, { cluster, request });
  // What could not be planned any more is answered by the request, which knows of an operation under way or of the same click.
  if (!planned.ok) return requestOperation(context, asked);
  const { hash, plan } = planned.value;
  if (hash !== seen && essenceText(plan) !== essence) return refuseMovedPlan(context, { cluster, planHash: seen, now: hash });
  return requestOperation(context, { ...asked, planHash: hash });
}

/** The request for a plan that would now do something else: refused, and on the audit log as what was asked for. */
const refuseMovedPlan = defineCommand({
  name: 'operation.request',
  permission: 'operation.request',
  object: clusterOf(),
  input: z.object({ cluster: clusterSlug, planHash, now: planHash }),
  run: (_run, { cluster, now }): Promise<Done<RequestedOperation>> =>
    Promise.reject(new Refusal(PLAN_MOVED, `cluster:${cluster}`, { code: 'plan-changed', planHash: now })),
});
