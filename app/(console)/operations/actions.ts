'use server';
import type { ActionAnswer } from '@/components/forms/action-answer.ts';
import type { StartInput } from '@/components/operations/confirm-operation.tsx';
import { acknowledgeOperation } from '@/lib/commands/operation/acknowledge.ts';
import { approveOperation } from '@/lib/commands/operation/approve.ts';
import { cancelOperation } from '@/lib/commands/operation/cancel.ts';
import { releaseOperation } from '@/lib/commands/operation/release.ts';
import { requestOperation } from '@/lib/commands/operation/request.ts';
import { endMaintenance } from '@/lib/commands/maintenance/end.ts';
import { startMaintenance } from '@/lib/commands/maintenance/start.ts';
import { perform } from '../perform.ts';

const OPERATIONS = '/operations';

/** Requests the plan that was shown, by its hash, if the one of now does the same. */
export async function start(input: StartInput): Promise<ActionAnswer<{ id: string }>> {
  return perform((context) => requestOperation(context, input), OPERATIONS);
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
