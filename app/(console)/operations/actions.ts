'use server';
import type { ActionAnswer } from '@/components/forms/action-answer.ts';
import type { StartInput } from '@/components/operations/confirm-operation.tsx';
import { acknowledgeOperation } from '@/lib/commands/operation/acknowledge.ts';
import { approveOperation } from '@/lib/commands/operation/approve.ts';
import { cancelOperation } from '@/lib/commands/operation/cancel.ts';
import { planOperationNow } from '@/lib/commands/operation/plan.ts';
import { releaseOperation } from '@/lib/commands/operation/release.ts';
import { requestOperation } from '@/lib/commands/operation/request.ts';
import { essenceText } from '@/lib/domain/operation/difference.ts';
import { endMaintenance } from '@/lib/commands/maintenance/end.ts';
import { startMaintenance } from '@/lib/commands/maintenance/start.ts';
import { perform } from '../perform.ts';

const OPERATIONS = '/operations';

const PLAN_MOVED =
  'The plan that you saw is void, because the cluster has changed since. Nothing was started. The page shows what changed.';

/** Keeps the plan that was shown, or the one of now that does the same, and requests it. Any other is refused, and so is one that is blocked. */
export async function start(input: StartInput): Promise<ActionAnswer<{ id: string }>> {
  const { cluster, request, planHash, essence, ...words } = input;
  return perform(async (context) => {
    const planned = await planOperationNow(context, { cluster, request });
    if (planned.ok && planned.value.hash !== planHash && essenceText(planned.value.plan) !== essence)
      return { ok: false, kind: 'refused', reasons: [PLAN_MOVED] };
    // What could not be planned any more is answered by the request, which knows of an operation under way or of the same click.
    const result = await requestOperation(context, { cluster, planHash: planned.ok ? planned.value.hash : planHash, ...words });
    return result.ok ? { ok: true, value: { id: result.value.id } } : result;
  }, OPERATIONS);
}

export async function decide(input: {
  operation: string;
  planHash: string;
  decision: 'approved' | 'rejected';
  reason: string;
}): Promise<ActionAnswer<unknown>> {
  return perform((context) => approveOperation(context, input), OPERATIONS);
}

export async function cancel(input: { operation: string; reason: string | null }): Promise<ActionAnswer<unknown>> {
  return perform((context) => cancelOperation(context, input), OPERATIONS);
}

export async function release(input: { operation: string; reason: string }): Promise<ActionAnswer<unknown>> {
  return perform((context) => releaseOperation(context, input), OPERATIONS);
}

export async function acknowledge(input: { operation: string; note: string | null }): Promise<ActionAnswer<unknown>> {
  return perform((context) => acknowledgeOperation(context, input), OPERATIONS);
}

export async function beginMaintenance(input: {
  cluster: string;
  node: string | null;
  owner: string | null;
  reason: string;
  hours: number;
}): Promise<ActionAnswer<unknown>> {
  return perform((context) => startMaintenance(context, input), '/clusters');
}

export async function stopMaintenance(input: { id: number }): Promise<ActionAnswer<unknown>> {
  return perform((context) => endMaintenance(context, input), '/clusters');
}
