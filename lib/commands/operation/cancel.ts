import { z } from 'zod';
import { actorLabel } from '../../audit/append.ts';
import { requestCancel } from '../../db/operations/operation-requests.ts';
import { queryableOf } from '../../db/ground/prisma.ts';
import { whyNotCancel } from '../../domain/operation/answers/actions.ts';
import { Refusal, defineCommand } from '../define.ts';
import { operationId, operationReason } from '../names.ts';
import { operationOf } from '../objects.ts';
import { refuseFor } from './decided.ts';

/** Asks the controller to cancel an operation and to roll back what was done; never after the point of no return. */
export const cancelOperation = defineCommand({
  name: 'operation.cancel',
  permission: 'operation.cancel',
  object: operationOf,
  input: z.object({ operation: operationId, reason: operationReason.nullable().default(null) }),
  run: async ({ tx, actor, found }, { reason }) => {
    const { record, subject, label } = found;
    refuseFor(whyNotCancel(actor, subject), label);
    const asked = await requestCancel(queryableOf(tx), record.id, actorLabel(actor));
    if (!asked)
      throw new Refusal('It has ended, or another person cancelled it at the same moment. Look at it again.', label, { code: 'not-now' });
    const leaves = subject.mayCancel.sentence;
    return { value: { operation: record.id, leaves }, audit: { subject: label, body: { operation: record.id, reason, leaves } } };
  },
});
