import { z } from 'zod';
import { findArtifact } from '../../db/operations/operation-records.ts';
import { queryableOf } from '../../db/ground/prisma.ts';
import { Refusal, defineCommand } from '../define.ts';
import { operationId } from '../names.ts';
import { operationOf } from '../objects.ts';

const NAME_LENGTH_MAX = 200;

/** Hands out what a run left, such as a loss ledger. Rows of customers may be in it: who took them away is on the audit log. */
export const downloadArtifact = defineCommand({
  name: 'operation.download',
  permission: 'ledger.read',
  object: operationOf,
  input: z.object({ operation: operationId, name: z.string().min(1).max(NAME_LENGTH_MAX) }),
  run: async ({ tx, found: { label } }, { operation: id, name }) => {
    const artifact = await findArtifact(queryableOf(tx), id, name);
    if (artifact === null) {
      const sentence = 'This operation left no file with this name. GET /api/v1/operations/:id lists what it left.';
      throw new Refusal(sentence, label, { code: 'no-such-artifact' });
    }
    const bytes = Buffer.byteLength(artifact.body);
    return { value: artifact, audit: { subject: label, body: { operation: id, name, bytes } } };
  },
});
