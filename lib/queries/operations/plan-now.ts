/** A plan from what the control database holds now: for the preview, and for the command that requests it. */
import { sealPlan } from '../../audit/plan-hash.ts';
import { readPlanningInput } from '../../db/operations/planning-input.ts';
import type { Queryable } from '../../db/ground/pool.ts';
import { lookAhead } from '../../domain/operation/checks/checks.ts';
import type { PlanningInput } from '../../domain/operation/plan/inputs.ts';
import type { OperationRequest, Outlook, Plan } from '../../domain/operation/model.ts';
import { planOperation } from '../../domain/operation/plan/plan.ts';

export type PlannedNow =
  | { possible: true; plan: Plan; hash: string; body: string; outlook: Outlook; input: PlanningInput }
  /** `input` is `null` when no controller has seen the cluster yet. */
  | { possible: false; impossible: string[]; input: PlanningInput | null };

const NEVER_SEEN =
  'No controller has looked at this cluster yet, so that nothing can be planned. Start the controller and the agents, then try again.';

/** The cluster must exist. */
export async function planNow(client: Queryable, cluster: string, request: OperationRequest, nowMs: number): Promise<PlannedNow> {
  const input = await readPlanningInput(client, cluster, nowMs);
  if (input === null) return { possible: false, impossible: [NEVER_SEEN], input };
  const planned = planOperation(request, input);
  if ('impossible' in planned) return { possible: false, impossible: planned.impossible, input };
  return { possible: true, plan: planned.plan, ...sealPlan(planned.plan), outlook: lookAhead(planned.plan, input), input };
}
