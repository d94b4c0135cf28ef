import { z } from 'zod';
import { actorLabel } from '../../audit/append.ts';
import { acknowledgeResult } from '../../db/operations/operation-requests.ts';
import { queryableOf } from '../../db/ground/prisma.ts';
import { whyNotAcknowledge } from '../../domain/operation/answers/actions.ts';
import { Refusal, defineCommand } from '../define.ts';
import { displayText, operationId } from '../names.ts';
import { operationOf } from '../objects.ts';
import { refuseFor } from './decided.ts';

const NOTE_LENGTH_MAX = 1_000;

/** A person has read the result, follow-ups included. */
export const acknowledgeOperation = defineCommand({
  name: 'operation.acknowledge',
  permission: 'operation.request',
  object: operationOf,
  input: z.object({
    operation: operationId,
    note: z.union([z.literal('').transform(() => null), displayText('the note', NOTE_LENGTH_MAX), z.null()]).default(null),
  }),
  run: async ({ tx, actor, at, found }, { note }) => {
    const { record, subject, label } = found;
    refuseFor(whyNotAcknowledge(actor, subject), label);
    const stored = await acknowledgeResult(queryableOf(tx), record.id, { by: actorLabel(actor), at, note });
    if (!stored) throw new Refusal('Another person acknowledged it at the same moment.', label, { code: 'not-now' });
    return { value: { operation: record.id }, audit: { subject: label, body: { operation: record.id, state: subject.state, note } } };
  },
});
