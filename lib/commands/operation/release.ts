import { z } from 'zod';
import { actorLabel } from '../../audit/append.ts';
import { requestRelease } from '../../db/operations/operation-requests.ts';
import { queryableOf } from '../../db/ground/prisma.ts';
import { whyNotRelease } from '../../domain/operation/answers/actions.ts';
import { Refusal, defineCommand } from '../define.ts';
import { operationId, operationReason } from '../names.ts';
import { operationOf } from '../objects.ts';
import { refuseFor } from './decided.ts';

/** Lets a held operation try its step again, because a person has mended what was in the way. */
export const releaseOperation = defineCommand({
  name: 'operation.release',
  permission: 'operation.request',
  object: operationOf,
  input: z.object({ operation: operationId, reason: operationReason }),
  run: async ({ tx, actor, found }, { reason }) => {
    const { record, subject, label } = found;
    refuseFor(whyNotRelease(actor, subject), label);
    const asked = await requestRelease(queryableOf(tx), record.id, actorLabel(actor));
    if (!asked) throw new Refusal('It is not held any more. Look at it again.', label, { code: 'not-now' });
    return { value: { operation: record.id }, audit: { subject: label, body: { operation: record.id, reason } } };
  },
});
