import { z } from 'zod';
import { actorLabel } from '../../audit/append.ts';
import { insertApproval } from '../../db/operations/operation-requests.ts';
import { isCheckViolation, queryableOf } from '../../db/ground/prisma.ts';
import { whyNotApprove } from '../../domain/operation/answers/actions.ts';
import { Refusal, defineCommand } from '../define.ts';
import { operationId, operationReason, planHash } from '../names.ts';
import { operationOf } from '../objects.ts';
import { refuseFor } from './decided.ts';

/** A second person's decision about one plan. The requester can't decide; the database says so as well. */
export const approveOperation = defineCommand({
  name: 'operation.approve',
  permission: 'operation.approve',
  object: operationOf,
  input: z.object({
    operation: operationId,
    planHash,
    decision: z.enum(['approved', 'rejected'], { error: 'a decision is approved or rejected' }),
    reason: operationReason,
  }),
  run: async ({ tx, actor, at, found }, { planHash: hash, decision, reason }) => {
    const { record, subject, label } = found;
    refuseFor(whyNotApprove(actor, subject), label);
    if (actor.kind !== 'user') throw new Refusal('Only a person may approve.', label);
    if (record.planHash !== hash) {
      throw new Refusal('This is not the plan that was requested. Look at the operation again.', label, { code: 'plan-changed' });
    }
    const by = actorLabel(actor);
    try {
      const stored = await insertApproval(queryableOf(tx), {
        ...{ operationId: record.id, planHash: hash, userId: actor.userId, by, decision, reason, at },
      });
      if (!stored) throw new Refusal('You have decided about it already; a decision stands.', label);
    } catch (error) {
      if (!isCheckViolation(error)) throw error;
      throw new Refusal('It does not wait for approval any more. Look at the operation again.', label, { code: 'not-now' });
    }
    const before = record.approvals.filter((approval) => approval.decision === 'approved').length;
    const missing = Math.max(0, record.approvalsRequired - before - (decision === 'approved' ? 1 : 0));
    const audit = { subject: label, body: { operation: record.id, planHash: hash, decision, reason } };
    return { value: { operation: record.id, decision, missing }, audit };
  },
});
